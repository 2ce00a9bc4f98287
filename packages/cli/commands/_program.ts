// What the definitions of all commands share.
import type { Command, CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Io } from "../io.ts";

/** The program that commands are added to, with the options that all of them have. */
export type Program = Command<[], { debug?: true; quiet?: true }>;

/** For options that may be given again: all values in order. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Have a program write where the command line does, and throw where it would exit. */
export function writeTo(program: CommandUnknownOpts, io: Io): void {
  program
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: () => {}, // told by main
      getOutHelpWidth: () => Math.min(io.outScreen.columns, 110),
      getErrHelpWidth: () => Math.min(io.errScreen.columns, 110),
      getOutHasColors: () => io.color,
      getErrHasColors: () => io.color,
    })
    .exitOverride();
}

/** What is said of data types. */
export const NAMES = `
A data type may be followed by the beginning of a lineage hash, which "millrace ls" shows: hit_threshold@4f1a.
`;
