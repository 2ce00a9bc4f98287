// The filter of each channel; channels with the same settings have the same one.

import type { PerChannel } from "@millrace/core/option";
import { contradictionOf } from "../_channel_checks.ts";
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
    const settings = settingsOf(this.#options, board, channel);
    const key = JSON.stringify(settings);
    let filter = this.#bySettings.get(key);
    if (!filter) {
      this.#bySettings.set(key, filter = recordFilter(settings));
    }
    return filter;
  }
}

function settingsOf(options: FilterOptions, board: number, channel: number): FilterSettings {
  return Object.fromEntries(
    NAMES.map((name) => [name, options[name].at(board, channel)]),
  ) as unknown as FilterSettings;
}

/** What is wrong with the settings of all channels together, or with those of one; `undefined` where nothing is. */
export function contradiction(options: FilterOptions): string | undefined {
  const { filterType, sgWindowSize, sgPolyOrder, filterOrder, lowcut, highcut } = options;
  return contradictionOf(
    { filterType, sgWindowSize, sgPolyOrder, filterOrder, lowcut, highcut },
    problemOf,
  );
}

function problemOf(settings: FilterSettings): string | undefined {
  const { filterType, lowcut, highcut } = settings;
  if (filterType === "BW" && lowcut !== null && highcut !== null && lowcut >= highcut) {
    return `the frequencies ${lowcut} and ${highcut} Hz aren't in order: set filtered_waveforms.lowcut below .highcut`;
  }
  try {
    recordFilter(settings);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
