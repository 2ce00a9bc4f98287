/**
 * What is said about errors, and the exit code that they end with.
 *
 * | code | meaning |
 * |---|---|
 * | 0 | done |
 * | 1 | failed: a message says what, where and what helps |
 * | 2 | the command was not understood: nothing was done |
 * | 129, 130, 143 | interrupted by a closed terminal (SIGHUP), Ctrl-C (SIGINT) or SIGTERM: what was under way was ended cleanly |
 * | 141 | the reader of the output closed it |
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeError, exitCodeOf, UsageError } from "./errors.ts";
 *
 * const error = new Error("Cannot read run 7", { cause: new Error("disk on fire") });
 * assert.equal(describeError(error), "Cannot read run 7\n  because: disk on fire");
 * assert.equal(exitCodeOf(error), 1);
 * assert.equal(exitCodeOf(new UsageError("Cannot show -1 rows")), 2);
 * ```
 * @module
 */
import { PipelineError } from "@millrace/core/errors";
import { type EndSignal, OutputClosedError } from "./io.ts";

/** The command line says something that cannot be done. */
export class UsageError extends Error {
  /** Error name. */
  override readonly name = "UsageError";
}

/** The user or the system asked the program to end. */
export class InterruptedError extends Error {
  /** Error name. */
  override readonly name = "InterruptedError";
  /** The signal that came. */
  readonly signal: EndSignal;

  /** The error of a signal. @param signal The signal that came. @param left What it has left. */
  constructor(signal: EndSignal, left = "nothing of this run is kept") {
    super(`Interrupted by ${signal}: ${left}`);
    this.signal = signal;
  }
}

const SIGNAL_CODES: Readonly<Record<EndSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** The code that the process ends with after `error`. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  if (error instanceof InterruptedError) return SIGNAL_CODES[error.signal];
  if (error instanceof OutputClosedError) return 141;
  return 1;
}

/** `work`, with whatever it throws as a {@linkcode UsageError}: for what the user gave. */
export function usage<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause });
  }
}

/**
 * The message of an error for people: its own, the errors that it gathers, and its causes as far as they say more. With
 * `debug`, the stacks of all.
 */
export function describeError(error: unknown, options: { readonly debug?: boolean } = {}): string {
  return lines(error, options.debug ?? false, [], new Set()).join("\n");
}

/** Where the packages are that this one belongs to. */
const OWN = new URL("../../", import.meta.url).href;

/** Of a failure in a plugin of the user's: the place in its module. */
function placeOf({ module, cause }: PipelineError): string[] {
  if (module === undefined || module.startsWith(OWN)) return [];
  const stack = cause instanceof Error ? cause.stack ?? "" : "";
  const frame = stack.split("\n").find((line) => /^\s+at /.test(line) && line.includes(`${module}:`));
  const at = frame?.slice(frame.indexOf(module)).match(/^.*?:\d+:\d+/)?.[0];
  return at === undefined ? [] : [`  at ${at}`];
}

function lines(error: unknown, debug: boolean, said: readonly string[], seen: Set<unknown>): string[] {
  if (seen.has(error)) return [];
  seen.add(error);
  const message = messageOf(error);
  const out: string[] = [];
  // An error that wraps another often repeats its message.
  if (!said.some((text) => text.includes(message))) {
    out.push(said.length > 0 ? `because: ${message}` : message);
  }
  if (debug && error instanceof Error && error.stack) out.push(...frames(error.stack));
  else if (error instanceof PipelineError) out.push(...placeOf(error));
  const within = [...said, message];
  const inner: string[] = [];
  if (error instanceof AggregateError) {
    for (const part of error.errors) inner.push(...lines(part, debug, within, seen));
  }
  if (error instanceof Error && error.cause !== undefined) {
    inner.push(...lines(error.cause, debug, within, seen));
  }
  return [...out, ...inner.map((line) => said.length > 0 && out.length === 0 ? line : `  ${line}`)];
}

function frames(stack: string): string[] {
  return stack.split("\n").filter((line) => /^\s+at /.test(line)).map((line) => `  ${line.trim()}`);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? error.name : error.message;
}
