/**
 * The direction of the pulses of a CoMPASS file, which the file itself does not carry: from the settings XML beside it.
 *
 * The settings hold `SRV_PARAM_CH_POLARITY` for each board, and for each channel that differs from its board. The boards of a
 * file are numbered in the order of the settings.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { polaritiesIn } from "./polarity.ts";
 *
 * const entry = "<entry><key>SRV_PARAM_CH_POLARITY</key><value><value>POLARITY_POSITIVE</value></value></entry>";
 * const found = polaritiesIn(`<board><parameters>${entry}</parameters></board>`);
 * assert.equal(found.at(0, 3), 1);
 * assert.equal(found.at(1, 3), 0);
 * ```
 * @module
 */
import { settingsPlaces } from "./settings.ts";

/** -1 for negative pulses, 1 for positive ones, 0 where it is not known. */
export type Polarity = -1 | 0 | 1;

interface Board {
  readonly own: Polarity;
  readonly channels: ReadonlyMap<number, Polarity>;
}

const BOARD = /<board(?:\s[^>]*)?>([^]*?)<\/board>/g;
const CHANNEL = /<channel(?:\s[^>]*)?>\s*<index>\s*(\d+)\s*<\/index>([^]*?)<\/channel>/g;
const ENTRY =
  /<key>\s*SRV_PARAM_CH_POLARITY\s*<\/key>\s*<value(?:\s[^>]*)?>(?:\s*<value(?:\s[^>]*)?>)?([^<]*)</;

/** The polarity of each channel of each board. */
export class Polarities {
  readonly #boards: readonly Board[];

  /** Boards in the order of their numbers. */
  constructor(boards: readonly Board[]) {
    this.#boards = boards;
  }

  /** The polarity of one channel: its own, else that of its board, else 0. O(1), no allocation. */
  at(board: number, channel: number): Polarity {
    if (board >= this.#boards.length) return 0;
    const { own, channels } = this.#boards[board]!;
    return channels.get(channel) ?? own;
  }
}

const NONE = new Polarities([]);

/** The polarities in settings XML. A channel with a value that is neither polarity is one that is not known. O(text). */
export function polaritiesIn(xml: string): Polarities {
  const boards: Board[] = [];
  for (const [, text] of xml.matchAll(BOARD)) {
    const channels = new Map<number, Polarity>();
    for (const [, index, values] of text!.matchAll(CHANNEL)) {
      const own = valueIn(values!);
      if (own !== undefined) channels.set(Number(index), own);
    }
    boards.push({ own: valueIn(text!.replaceAll(CHANNEL, "")) ?? 0, channels });
  }
  return new Polarities(boards);
}

function valueIn(text: string): Polarity | undefined {
  const value = ENTRY.exec(text)?.[1]?.trim();
  if (value === undefined) return undefined;
  return value === "POLARITY_POSITIVE" ? 1 : value === "POLARITY_NEGATIVE" ? -1 : 0;
}

/** The polarities of `file`, from the best settings there are; none are known where there are none that can be read. */
export async function polarities(file: string): Promise<Polarities> {
  for (const place of settingsPlaces(file)) {
    try {
      return polaritiesIn(await Deno.readTextFile(place));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return NONE;
    }
  }
  return NONE;
}
