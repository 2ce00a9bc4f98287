// The filter of each channel; channels with the same settings have the same one.

import type { PerChannel } from "@millrace/core/option";
import { type FilterSettings, type RecordFilter, recordFilter } from "./_record_filter.ts";

/** Settings by channel. */
export type FilterOptions = { readonly [K in keyof FilterSettings]: PerChannel<FilterSettings[K]> };

const NAMES = ["filterType", "sgWindowSize", "sgPolyOrder", "filterOrder", "lowcut", "highcut"] as const;

/** Filters by channel, made when the first record of it comes. */
export class ChannelFilters {
  /** Whether all channels have one filter. */
  readonly uniform: boolean;
  /** Whether a constant goes through all of them as it is. */
  readonly keepConstant: boolean;
  readonly #options: FilterOptions;
  readonly #bySettings = new Map<string, RecordFilter>();
  readonly #byChannel: (RecordFilter | undefined)[][] = [];

  /** @throws {RangeError} On settings that make no filter, where all channels have them. */
  constructor(options: FilterOptions) {
    this.#options = options;
    this.uniform = NAMES.every((name) => options[name].uniform);
    this.keepConstant = this.uniform && this.at(0, 0).keepsConstant;
  }

  /** The filter of a channel. @throws {RangeError} On settings that make no filter. */
  at(board: number, channel: number): RecordFilter {
    const b = this.uniform ? 0 : board, c = this.uniform ? 0 : channel;
    return (this.#byChannel[b] ??= [])[c] ??= this.#made(b, c);
  }

  #made(board: number, channel: number): RecordFilter {
    const settings = Object.fromEntries(NAMES.map((name) => [name, this.#options[name].at(board, channel)]));
    const key = JSON.stringify(settings);
    let filter = this.#bySettings.get(key);
    if (!filter) {
      this.#bySettings.set(key, filter = recordFilter(settings as unknown as FilterSettings));
    }
    return filter;
  }
}
