// Which channels a run has, against those that options name.

import type { Chunk } from "../chunk/chunk.ts";
import { PerChannel } from "../options/per_channel.ts";
import type { StageStep } from "./stage.ts";

/** Most channels named in a notice. */
const MOST = 8;
/** A channel as one number: boards and channels are below this. */
const BOARD = 2 ** 16;

/** An option with values of their own for some channels. */
interface Setting {
  readonly plugin: string;
  readonly option: string;
  readonly channels: readonly number[];
}

/** Collects the channels of what is read, where options of a run name some. */
export class ChannelWatch {
  readonly #settings: readonly Setting[];
  /** Data types that are read rather than computed: all channels come from there. */
  readonly #roots: ReadonlySet<string>;
  readonly #seen = new Set<number>();
  /** Whether all that was read says of which channel it is. */
  #isComplete = true;

  /**
   * @param steps What is computed, with its options.
   * @param roots Data types that are read.
   */
  constructor(steps: Iterable<StageStep>, roots: Iterable<string>) {
    this.#settings = [...steps].flatMap(({ plugin, options }) =>
      Object.entries(options).flatMap(([option, value]): Setting[] => {
        if (!(value instanceof PerChannel)) return [];
        const channels = [...value.channels()].map(([board, channel]) => board * BOARD + channel);
        return channels.length === 0 ? [] : [{ plugin: plugin.name, option, channels }];
      })
    );
    this.#roots = new Set(roots);
  }

  /** Whether no option names a channel. */
  get isIdle(): boolean {
    return this.#settings.length === 0;
  }

  /** Rows were read. O(rows) where options name channels, else O(1). */
  see({ dataType, table }: Chunk): void {
    if (this.#settings.length === 0 || !this.#roots.has(dataType)) return;
    const names = new Set(table.schema.columns.map(({ name }) => name));
    if (!names.has("board") || !names.has("channel")) {
      this.#isComplete = false;
      return;
    }
    const { board: boards, channel: channels } = table.columns as unknown as Record<
      string,
      ArrayLike<number>
    >;
    for (let i = 0, before = -1; i < table.length; i++) {
      const channel = boards![i]! * BOARD + channels![i]!;
      if (channel !== before) this.#seen.add(before = channel);
    }
  }

  /** What is to be said once everything was read: options that name channels which there are not. */
  *notices(): Generator<{ readonly plugin: string; readonly text: string }> {
    if (!this.#isComplete) return;
    for (const { plugin, option, channels } of this.#settings) {
      const missing = channels.filter((channel) => !this.#seen.has(channel));
      if (missing.length === 0) continue;
      yield {
        plugin,
        text: `The option "${plugin}.${option}" is set for ${named(missing)}, of which there are no rows; ` +
          (this.#seen.size === 0 ? "there are no rows at all" : `rows have ${named([...this.#seen])}`),
      };
    }
  }
}

function named(channels: readonly number[]): string {
  const sorted = channels.toSorted((a, b) => a - b);
  const shown = sorted.slice(0, MOST).map((channel) => `${Math.floor(channel / BOARD)}:${channel % BOARD}`);
  const more = sorted.length > MOST ? ` and ${sorted.length - MOST} more` : "";
  return `${sorted.length === 1 ? "channel" : "channels"} ${shown.join(", ")}${more}`;
}
