/**
 * Where the command line writes, and what it asks of its surroundings: the process ({@linkcode systemIo}), or memory in
 * tests ({@linkcode memoryIo}).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { memoryIo } from "./io.ts";
 *
 * const io = memoryIo();
 * io.out("3 rows\n");
 * assert.equal(io.stdout, "3 rows\n");
 * ```
 * @module
 */

/** A signal that asks the program to end; SIGHUP comes when a terminal, or the connection to it, is closed. */
export type EndSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Standard output or error. */
export interface Screen {
  /** Whether it is a terminal: only then cursor codes are written. */
  readonly terminal: boolean;
  /** Characters a line. */
  readonly columns: number;
  /** Lines. */
  readonly rows: number;
}

/** What the command line needs of its surroundings. */
export interface Io {
  /** Write results. */
  out(text: string): void;
  /** Write messages and progress. */
  err(text: string): void;
  /** Where results go. */
  readonly outScreen: Screen;
  /** Where messages go. */
  readonly errScreen: Screen;
  /** Whether colours are wanted: a terminal, and no `NO_COLOR`. */
  readonly color: boolean;
  /** Whether more than ASCII can be shown. */
  readonly unicode: boolean;
  /** Ask the user, and wait for the line that is typed (`null`: none); `undefined` where nobody can be asked. */
  readonly ask: ((question: string) => string | null) | undefined;
  /** Call `handler` at every signal, until the function that this returns is called. */
  onSignal(handler: (signal: EndSignal) => void): () => void;
  /** Give up the right to start programs, for the rest of the process. */
  giveUpPrograms(): void;
  /** End the process at once. */
  exit(code: number): never;
}

/** The reader of standard output has gone, as `head` does: nothing is left to say. */
export class OutputClosedError extends Error {
  /** Error name. */
  override readonly name = "OutputClosedError";

  /** The error of a write. @param cause What the write failed with. */
  constructor(cause: unknown) {
    super("Cannot write more output: its reader has closed it", { cause });
  }
}

/** A size of a terminal that it does not tell, as on a serial line. */
const UNKNOWN = { columns: 80, rows: 24 };

interface Sink {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

function writeAll(sink: Sink, text: string): void {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  while (at < bytes.length) {
    try {
      at += sink.writeSync(bytes.subarray(at));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosedError(error);
      // A pipe in non-blocking mode that is full takes more as soon as its reader has read.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** The screen that a sink is. @param size That of the terminal on standard input, output or error, whichever is one. */
export function screenOf(
  sink: { readonly isTerminal: () => boolean },
  size: () => Omit<Screen, "terminal">,
): Screen {
  if (!sink.isTerminal()) return { terminal: false, columns: 100, rows: 24 };
  const { columns, rows } = size();
  return { terminal: true, columns: columns || UNKNOWN.columns, rows: rows || UNKNOWN.rows };
}

function env(name: string): string {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) ?? "" : "";
}

function canUnicode(): boolean {
  if (Deno.build.os === "windows") return env("WT_SESSION") !== "";
  if (["dumb", "linux"].includes(env("TERM"))) return false;
  const locale = env("LC_ALL") || env("LC_CTYPE") || env("LANG");
  return Deno.build.os === "darwin" || /utf-?8/i.test(locale);
}

/** Write messages, unless their terminal was closed: nobody is there to read them. */
function writeMessage(text: string): void {
  try {
    writeAll(Deno.stderr, text);
  } catch (error) {
    if ((error as { code?: string }).code !== "EIO") throw error;
  }
}

/** Standard output, error and signals of this process. */
export function systemIo(): Io {
  const outScreen = screenOf(Deno.stdout, Deno.consoleSize);
  const signals: EndSignal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  return {
    out: (text) => writeAll(Deno.stdout, text),
    err: writeMessage,
    outScreen,
    errScreen: screenOf(Deno.stderr, Deno.consoleSize),
    color: outScreen.terminal && !Deno.noColor,
    unicode: canUnicode(),
    ask: Deno.stdin.isTerminal() && Deno.stderr.isTerminal() ? (question) => prompt(question) : undefined,
    onSignal(handler) {
      const listeners = signals.map((signal) => [signal, () => handler(signal)] as const);
      for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
      };
    },
    giveUpPrograms: () => void Deno.permissions.revokeSync({ name: "run" }),
    exit: (code) => Deno.exit(code),
  };
}

/** Keeps what was written, for tests. */
export interface MemoryIo extends Io {
  /** All results so far. */
  readonly stdout: string;
  /** All messages so far. */
  readonly stderr: string;
  /** Act as if the signal had come. */
  send(signal: EndSignal): void;
}

/** An {@linkcode Io} in memory: nothing is a terminal, unless `settings` says so. */
export function memoryIo(
  settings: Partial<Pick<Io, "outScreen" | "errScreen" | "color" | "unicode" | "ask">> = {},
): MemoryIo {
  const handlers = new Set<(signal: EndSignal) => void>();
  let stdout = "", stderr = "";
  return {
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    outScreen: { terminal: false, columns: 100, rows: 24 },
    errScreen: { terminal: false, columns: 100, rows: 24 },
    color: false,
    unicode: true,
    ask: undefined,
    onSignal(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    giveUpPrograms() {},
    exit(code): never {
      throw new Error(`Exit ${code}`);
    },
    send: (signal) => handlers.forEach((handler) => handler(signal)),
    ...settings,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
  };
}
