// The check of options that belong together and may differ by channel.

import type { PerChannel } from "@millrace/core/option";

/** The values of one channel. */
export type OfChannel<O extends Readonly<Record<string, PerChannel<unknown>>>> = {
  readonly [K in keyof O]: O[K] extends PerChannel<infer T> ? T : never;
};

/** What `problemOf` says of the values of all channels together, or of those of one, which it names; `undefined` where nothing is wrong. */
export function contradictionOf<const O extends Readonly<Record<string, PerChannel<unknown>>>>(
  options: O,
  problemOf: (values: OfChannel<O>) => string | undefined,
): string | undefined {
  const entries = Object.entries(options);
  const problem = (value: (option: PerChannel<unknown>) => unknown) =>
    problemOf(Object.fromEntries(entries.map(([name, option]) => [name, value(option)])) as OfChannel<O>);
  for (const [board, channel] of entries.flatMap(([, option]) => [...option.channels()])) {
    const wrong = problem((option) => option.at(board, channel));
    if (wrong !== undefined) return `of board ${board}, channel ${channel}: ${wrong}`;
  }
  return problem((option) => option.default);
}
