// What the definitions of all commands share.
import type { Command } from "@commander-js/extra-typings";

/** The program that commands are added to, with the options that all of them have. */
export type Program = Command<[], { debug?: true; quiet?: true }>;

/** For options that may be given again: all values in order. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
