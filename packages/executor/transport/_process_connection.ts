// One worker process.

import { decodeError, type ErrorData } from "../task/error_data.ts";
import { decode } from "./_decode.ts";
import { Encoder } from "./_encode.ts";
import type { Frame, FrameLimits } from "./_frame.ts";
import { type Allocate, FrameDecoder } from "./_frame_decoder.ts";
import { FrameWriter } from "./_frame_writer.ts";
import { ProcessError } from "./_process_error.ts";
import {
  checkTransfer,
  FrameType,
  inputDescriptor as input,
  moveBuffers,
  outputDescriptor as output,
} from "./_process_frames.ts";
import { type BlockReader, readBlocks } from "./_read_blocks.ts";
import { residentMemory } from "./_resident_memory.ts";
import { TextTail } from "./_text_tail.ts";
import { type HostMessage, Op, type WorkerMessage } from "./messages.ts";
import type { Connection, TransportEvents, WorkerEnd } from "./transport.ts";

/** What a process is started with. */
export interface ProcessSettings {
  readonly program: string;
  readonly args: readonly string[];
  /** MiB; for messages. */
  readonly heapLimit: number;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly startTimeout: number;
  readonly stopTimeout: number;
  readonly limits: FrameLimits;
  readonly keepStderr: number;
  readonly onLine: ((line: string, worker: number) => void) | undefined;
  readonly allocate: Allocate | undefined;
  /** Shell commands before the program starts, each with its `;`. */
  readonly before?: string;
  /** Whether code in the process may use the descriptors: not where it opens them for itself. Default true. */
  readonly tellsDescriptors?: boolean;
  /** Told of each frame, before what is in it. */
  readonly onFrame?: () => void;
  /** Told how many bytes were written to standard error. */
  readonly onPrinted?: (bytes: number) => void;
}

/**
 * The shell gives the pipes descriptors of their own, takes them away from standard input and output, and becomes
 * the child. DENO_EXTRA_STDIO_FDS is how Deno learns which descriptors `node:fs` may use; it doesn't pass it on.
 */
const script = (before: string, tells: boolean): string =>
  `${before}${tells ? `DENO_EXTRA_STDIO_FDS=${input},${output} ` : ""}` +
  `exec "$0" "$@" ${input}<&0 ${output}>&1 0</dev/null 1>&2`;

/** How long a pipe may stay open after the process's end, or the process without its pipes, ms. */
const lingering = 200;

/** Processes that may be alive. None outlives its host's `Deno.exit()`, whatever it computes. */
const alive = new Set<ProcessConnection>();

globalThis.addEventListener("unload", () => {
  for (const connection of alive) connection.killNow();
});

/** A worker that is a process. */
export class ProcessConnection implements Connection {
  readonly #worker: number;
  readonly #settings: ProcessSettings;
  readonly #encoder = new Encoder();
  readonly #stderr: TextTail;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #gone: Promise<void>;
  #events: TransportEvents | undefined;
  #child: Deno.ChildProcess | undefined;
  #writer: FrameWriter | undefined;
  #isGone = false;
  #isReady = false;
  #begun = 0;
  #reportedMemory: number | undefined;
  /** Why it is going to end, where that is known before it has. */
  #reason: { kind: WorkerEnd["kind"]; how: string; cause?: unknown } | undefined;

  constructor(worker: number, events: TransportEvents, settings: ProcessSettings) {
    this.#worker = worker;
    this.#events = events;
    this.#settings = settings;
    const { onLine } = settings;
    this.#stderr = new TextTail(settings.keepStderr, onLine && ((line) => onLine(line, worker)));
    this.#gone = this.#start();
  }

  send(message: HostMessage, transfer: readonly ArrayBuffer[]): void {
    if (!this.#events) return;
    checkTransfer(transfer);
    const { head, buffers } = this.#encoder.encode(FrameType.message, 0, message);
    this.#writer?.write(head, moveBuffers(buffers, transfer));
  }

  async stop(): Promise<void> {
    this.#events = undefined;
    if (!this.#isGone) this.#after(this.#settings.stopTimeout, () => this.killNow());
    this.#writer?.close();
    await this.#gone;
  }

  async kill(): Promise<{ stopped: boolean }> {
    this.#events = undefined;
    this.killNow();
    await this.#gone;
    return { stopped: true };
  }

  /** Number of the process; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  memory(): number | undefined {
    if (this.#isGone || !this.#child) return undefined;
    return residentMemory(this.#child.pid) ?? this.#reportedMemory;
  }

  started(): number | undefined {
    return this.#reason?.kind === "protocol" ? undefined : this.#begun;
  }

  async #start(): Promise<void> {
    const { program, args, env, cwd, startTimeout, before = "", tellsDescriptors = true, onPrinted } =
      this.#settings;
    let child;
    try {
      child = new Deno.Command("/bin/sh", {
        args: ["-c", script(before, tellsDescriptors), program, ...args],
        env: { ...env },
        clearEnv: true,
        ...(cwd !== undefined && { cwd }),
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (cause) {
      this.#fail("start", `could not be started: ${(cause as Error).message}`, cause);
      await undefined; // no event comes from within start()
      return this.#finish("could not be started");
    }
    this.#child = child;
    alive.add(this);
    this.#writer = new FrameWriter(child.stdin, () => this.#channelClosed("its input"));
    this.#after(startTimeout, () => {
      if (!this.#isReady) this.#fail("start", `was not ready within ${startTimeout} ms`);
    });
    const frames = this.#readFrames(child.stdout);
    const lines = readBlocks(child.stderr, (bytes) => {
      onPrinted?.(bytes.length);
      this.#stderr.push(bytes);
    });
    const status = await child.status;
    this.#isGone = true;
    alive.delete(this);
    // What is left in the pipes; what it started may keep them open for longer.
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    this.#after(lingering, resolve);
    await Promise.race([Promise.all([frames.done, lines.done]), enough]);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#writer.abort();
    await Promise.all([frames.cancel(), lines.cancel()]);
    this.#stderr.end();
    this.#finish(
      status.signal ? `was killed by ${status.signal}` : `exited with code ${status.code}`,
      status.signal,
    );
  }

  #readFrames(stream: ReadableStream<Uint8Array<ArrayBuffer>>): BlockReader {
    const { limits, allocate, onFrame } = this.#settings;
    let frames: [type: number, value: unknown][] = [];
    const decoder = new FrameDecoder((frame: Frame) => {
      onFrame?.();
      if (frame.type === FrameType.begun) this.#begun = frame.id;
      else frames.push([frame.type, decode(frame)]);
    }, {
      limits,
      ...(allocate && { allocate }),
    });
    const take = (step: () => void): void => {
      try {
        step();
      } catch (cause) {
        const { message } = cause as Error;
        this.#fail("protocol", `sent what can't be read: ${message}`, cause);
      }
      const complete = frames;
      frames = [];
      for (const [type, value] of complete) this.#receive(type, value);
    };
    const reader = readBlocks(stream, (bytes) => {
      if (this.#reason?.kind !== "protocol") take(() => decoder.push(bytes));
    });
    reader.done.then(() => {
      if (this.#isGone) return; // a frame that was cut off is no news
      this.#channelClosed("its output");
    });
    return reader;
  }

  #receive(type: number, value: unknown): void {
    if (type === FrameType.message) {
      const message = value as WorkerMessage;
      if (!Array.isArray(message)) {
        return this.#fail("protocol", `sent ${typeof message} where a message is expected`);
      }
      if (message[0] === Op.memory) {
        this.#reportedMemory = message[1] as number;
        return;
      }
      if (message[0] === Op.ready) this.#isReady = true;
      this.#events?.message(message);
    } else if (type === FrameType.exit) this.#reason ??= { kind: "exit", how: String(value) };
    else if (type === FrameType.uncaught) {
      const cause = decodeError(value as ErrorData);
      this.#reason ??= { kind: "error", how: `died of an uncaught error: ${messageOf(cause)}`, cause };
    } else this.#fail("protocol", `sent a frame of unknown type ${type}`);
  }

  /** One of its pipes is closed: it ends at once, or is ended. */
  #channelClosed(which: string): void {
    if (this.#isGone) return;
    this.#after(lingering, () => this.#fail("protocol", `closed ${which} and lived on`));
  }

  #fail(kind: WorkerEnd["kind"], how: string, cause?: unknown): void {
    this.#reason ??= { kind, how, cause };
    this.killNow();
  }

  /** Send it SIGKILL, unless it is gone. */
  killNow(): void {
    if (this.#isGone) return;
    try {
      this.#child?.kill("SIGKILL");
    } catch (error) {
      // It has just ended by itself, its status is under way.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  #after(milliseconds: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #finish(found: string, signal?: string | null): void {
    this.#isGone = true;
    const events = this.#events;
    this.#events = undefined;
    if (!events) return;
    const stderr = this.#stderr.toString();
    const isOutOfHeap = signal && /Fatal JavaScript out of memory|heap out of memory/.test(stderr);
    const reason: { kind: WorkerEnd["kind"]; how: string; cause?: unknown } = this.#reason ?? {
      kind: isOutOfHeap ? "memory" : signal ? "killed" : "exit",
      how: isOutOfHeap
        ? `ran out of heap memory, of which it may have ${this.#settings.heapLimit} MiB`
        : found,
    };
    const kind = !this.#isReady && reason.kind !== "protocol" ? "start" : reason.kind;
    const options = reason.cause !== undefined ? { cause: reason.cause } : {};
    events.ended({
      kind,
      how: reason.how,
      error: new ProcessError(this.#worker, reason.how, stderr, options),
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
