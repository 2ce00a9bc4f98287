/**
 * A value for each channel of each board.
 *
 * `at` is two array look-ups and allocates nothing, so it may be called once a record.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { PerChannel } from "@millrace/core/per-channel";
 *
 * const threshold = new PerChannel(10, [[0, 3, 25]]);
 * assert.equal(threshold.at(0, 3), 25);
 * assert.equal(threshold.at(1, 0), 10);
 * ```
 * @module
 */

/** Highest board and channel number that a {@linkcode PerChannel} takes. */
export const MAX_CHANNEL = 65535;

/** A default and the values of the channels that differ from it. */
export class PerChannel<T> {
  /** The value of every channel that has none of its own. */
  readonly default: T;
  /** Whether all channels have the default. */
  readonly uniform: boolean;
  readonly #boards: (T | undefined)[][] = [];

  /**
   * A value for all channels and others for some. O(entries + highest channel number).
   *
   * @param fallback Value of the channels that `entries` doesn't name.
   * @param entries Board, channel and value; a later entry of the same channel replaces an earlier one.
   * @throws {RangeError} On a board or channel that is no integer from 0 to {@linkcode MAX_CHANNEL}.
   */
  constructor(fallback: T, entries: Iterable<readonly [board: number, channel: number, value: T]> = []) {
    this.default = fallback;
    for (const [board, channel, value] of entries) {
      if (!isNumber(board) || !isNumber(channel)) {
        throw new RangeError(
          `Cannot set a value for channel "${board}:${channel}": use integers from 0 to ${MAX_CHANNEL}`,
        );
      }
      while (this.#boards.length <= board) this.#boards.push([]);
      const row = this.#boards[board]!;
      while (row.length <= channel) row.push(undefined);
      row[channel] = value;
    }
    this.uniform = this.#boards.every((row) => row.every((v) => v === undefined || Object.is(v, fallback)));
  }

  /** Channels with a value of their own, in order. */
  *channels(): Generator<readonly [board: number, channel: number]> {
    for (const [board, row] of this.#boards.entries()) {
      for (const [channel, value] of row.entries()) if (value !== undefined) yield [board, channel];
    }
  }

  /** The value of one channel. O(1), no allocation. */
  at(board: number, channel: number): T {
    const boards = this.#boards;
    if (!(board >= 0 && board < boards.length)) return this.default;
    const row = boards[board]!;
    if (!(channel >= 0 && channel < row.length)) return this.default;
    const value = row[channel];
    return value === undefined ? this.default : value;
  }
}

function isNumber(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_CHANNEL;
}
