// One sandbox: a process that computes for its host, one call at a time, within its limits.

import type { BufferHandle, BufferPool } from "@millrace/core/buffers";
import type { ErrorData } from "../task/error_data.ts";
import { ProcessConnection } from "../transport/_process_connection.ts";
import { Op, type WorkerMessage } from "../transport/messages.ts";
import type { WorkerEnd } from "../transport/transport.ts";
import { type BulkPlace, BulkReader, BulkWriter } from "./_bulk.ts";
import type { BulkPaths, Start } from "./_harness.ts";
import { PREFIX, type Watched, watchFolder } from "./_monitor.ts";
import { cleanText, refusalOf } from "./_refusal.ts";
import type { Grants, SandboxLimits } from "./types.ts";
import { type Limit, SandboxViolation } from "./violation.ts";

/** What all sandboxes of a plugin have in common. */
export interface SandboxSettings {
  readonly plugin: string;
  readonly startOf: (files: BulkPaths) => Start;
  readonly inside: string;
  /** Where its cache is kept for the next one, when it has ended well; undefined: nowhere. */
  readonly kept: string | undefined;
  readonly grants: Required<Grants>;
  readonly limits: SandboxLimits;
  /** Buffers that results come in. */
  readonly pool: BufferPool;
  /** Where its folder is made; undefined: where temporary folders are. */
  readonly temporary: string | undefined;
  /** Takes each line that the plugin prints. */
  readonly onLine: ((line: string) => void) | undefined;
}

/** What a call is about. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Stretch, for errors. */
  readonly range?: readonly [start: bigint, end: bigint];
}

interface Call {
  readonly id: number;
  readonly range: readonly [bigint, bigint] | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A value that came, and the buffers that it lies in. */
export interface Reply {
  readonly value: unknown;
  /** Bytes of it that lie in the file. @throws {SandboxViolation} When they are not there, or too many. */
  take(place: BulkPlace): Uint8Array;
  /** Its typed arrays are no longer used. */
  release(): void;
}

/** Bytes of a message beside its buffers. */
const MOST_META = 2 ** 20;
/** Time to start. */
const START_MS = 10_000;

let processes = 0;

interface Files {
  readonly toSandbox: { readonly path: string; readonly file: Deno.FsFile };
  readonly fromSandbox: { readonly path: string; readonly file: Deno.FsFile };
}

async function openFile(path: string, options: Deno.OpenOptions): Promise<Files["toSandbox"]> {
  return { path, file: await Deno.open(path, { ...options, createNew: true, mode: 0o600 }) };
}

/** A process with a plugin in it. */
export class SandboxProcess {
  readonly #settings: SandboxSettings;
  readonly #connection: ProcessConnection;
  readonly #folder: string;
  readonly #files: Files;
  /** The files that tables cross in. */
  readonly bulk: { readonly writer: BulkWriter; readonly reader: BulkReader };
  readonly #functions: string[] = [];
  readonly #gone = Promise.withResolvers<void>();
  readonly #watched: Watched;
  #call: Call | undefined;
  #isBusy = false;
  #calls = 0;
  /** Why no call can be made any more. */
  #failure: Error | undefined;
  #handles: BufferHandle[] = [];
  /** Whether it was closed while it waited. */
  #isClosed = false;
  /** Bytes of buffers that came for the call. */
  #bytes = 0;
  /** Messages and when they are counted from. */
  #messages = 0;
  #since = performance.now();
  #cpuMs = 0;
  /** Settles when nothing is left of it. */
  readonly gone: Promise<void> = this.#gone.promise;

  private constructor(settings: SandboxSettings, folder: string, files: Files, watched: Watched) {
    this.#settings = settings;
    this.#folder = folder;
    this.#files = files;
    this.#watched = watched;
    this.bulk = {
      writer: new BulkWriter(files.toSandbox.file),
      reader: new BulkReader(files.fromSandbox.file),
    };
    const { limits, onLine } = settings;
    const { args, before } = settings.startOf({
      toSandbox: files.toSandbox.path,
      fromSandbox: files.fromSandbox.path,
    });
    const number = ++processes;
    this.#connection = new ProcessConnection(number, {
      message: (message) => this.#receive(message),
      ended: (end) => void this.#ended(end),
    }, {
      program: Deno.execPath(),
      args,
      heapLimit: Math.ceil(limits.heapBytes / 2 ** 20),
      env: environment(settings.grants.env),
      cwd: folder,
      startTimeout: START_MS,
      stopTimeout: 100,
      limits: {
        maxFrame: limits.outputBytes + MOST_META,
        maxMeta: Math.min(MOST_META, limits.outputBytes),
        maxBuffers: 256,
      },
      keepStderr: 8192,
      onLine: onLine && ((line) => onLine(cleanText(line))),
      allocate: (bytes) => this.#allocate(bytes),
      before,
      tellsDescriptors: false,
      onFrame: () => this.#count(),
      onPrinted: (bytes) => this.#printed(bytes),
    });
    this.#connection.send([Op.configure, number, 1, 0], []);
    const { pid } = this.#connection;
    if (pid !== undefined) {
      watched.began(pid, () => this.#end(new Error("The shell that watches sandboxes has ended")));
    }
  }

  /** Starts one, in an empty folder of its own. */
  static async start(settings: SandboxSettings): Promise<SandboxProcess> {
    const dir = settings.temporary;
    const folder = await Deno.makeTempDir({ prefix: PREFIX, ...(dir !== undefined && { dir }) });
    const watched = watchFolder(folder); // before there is anything in it
    try {
      await Deno.mkdir(`${folder}/work`);
      const files = {
        toSandbox: await openFile(`${folder}/to`, { write: true }),
        fromSandbox: await openFile(`${folder}/from`, { read: true, write: true }),
      };
      return new SandboxProcess(settings, folder, files, watched);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      await watched.done();
      throw error;
    }
  }

  /** Whether it has ended, or is about to. */
  get isOver(): boolean {
    return this.#failure !== undefined;
  }

  /** Number of the process. */
  get pid(): number | undefined {
    return this.#connection.pid;
  }

  /**
   * Calls a function of the harness.
   *
   * @throws {SandboxViolation} When the plugin passes a limit, or asks for what it may not have; the process is gone after a limit.
   * @throws {Error} What the plugin threw, or how the process ended.
   */
  async call(name: string, input: unknown, { signal, range }: CallOptions = {}): Promise<Reply> {
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure;
    if (this.#isBusy) throw new Error("A sandbox has one call at a time");
    const { limits, inside } = this.#settings;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call: Call = { id: this.#calls++, range, resolve, reject };
    this.#call = call;
    this.#isBusy = true;
    this.#bytes = 0;
    const before = this.#cpuMs;
    let first = true;
    this.#watched.watch(({ cpuMs, residentBytes, diskBytes = 0 }) => {
      this.#cpuMs = cpuMs;
      // Processor time is counted from the first look, at most 15 ms into the call.
      if (first && cpuMs > before) first = false;
      if (cpuMs - before > limits.cpuMs) this.#violate("cpuMs", Math.round(cpuMs - before));
      if (residentBytes > limits.residentBytes) this.#violate("residentBytes", residentBytes);
      if (diskBytes > limits.diskBytes) this.#violate("diskBytes", diskBytes);
    });
    const timer = setTimeout(
      () => this.#violate("wallMs", Math.round(performance.now() - began)),
      limits.wallMs,
    );
    const abort = () => this.#end(signal!.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const began = performance.now();
    try {
      let index = this.#functions.indexOf(name);
      if (index < 0) {
        index = this.#functions.push(name) - 1;
        this.#connection.send([Op.define, index, inside, name], []);
      }
      this.#connection.send([Op.run, call.id, index, input], []);
      const value = await promise;
      const handles = this.#handles;
      this.#handles = [];
      return {
        value,
        take: (place) => this.#take(place, handles),
        release: () => {
          for (const handle of handles.splice(0)) handle.release(false);
        },
      };
    } finally {
      this.#call = undefined;
      this.#isBusy = false;
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      this.#watched.watch(undefined);
      for (const handle of this.#handles.splice(0)) handle.release(false);
    }
  }

  /** Ends it; resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.#isClosed = !this.#isBusy;
    this.#end(new Error(`The sandbox of plugin "${this.#settings.plugin}" was closed`));
    await this.#gone.promise;
  }

  #allocate(bytes: number): ArrayBufferLike {
    this.#bytes += bytes;
    if (this.#bytes > this.#settings.limits.outputBytes) {
      this.#violate("outputBytes", this.#bytes);
      throw new RangeError("Too many bytes");
    }
    const handle = this.#settings.pool.acquire(bytes);
    this.#handles.push(handle);
    return handle.buffer;
  }

  #take(place: BulkPlace, handles: BufferHandle[]): Uint8Array {
    this.#bytes += place.bytes;
    if (this.#bytes > this.#settings.limits.outputBytes) {
      this.#violate("outputBytes", this.#bytes);
      throw this.#failure;
    }
    return this.bulk.reader.take(place, (bytes) => {
      const handle = this.#settings.pool.acquire(bytes);
      handles.push(handle);
      return handle.buffer;
    });
  }

  #printed(bytes: number): void {
    this.#count();
    this.#bytes += bytes;
    if (this.#bytes > this.#settings.limits.outputBytes) this.#violate("outputBytes", this.#bytes);
  }

  /** A message came. */
  #count(): void {
    const now = performance.now();
    if (now - this.#since > 1000) {
      this.#since = now;
      this.#messages = 0;
    }
    if (++this.#messages > this.#settings.limits.messagesPerSecond) {
      this.#violate("messagesPerSecond", this.#messages);
    }
  }

  #receive(message: WorkerMessage): void {
    if (this.#failure) return;
    const call = this.#call;
    const [op, id, value] = message;
    if (op === Op.ready) return this.#unlink();
    const isAnswer = call && id === call.id && message.length === 4;
    if (isAnswer && op === Op.results) {
      this.#call = undefined; // one answer a question
      return call.resolve(value);
    }
    if (isAnswer && op === Op.failed) {
      this.#call = undefined;
      const { plugin, grants } = this.#settings;
      return call.reject(refusalOf(plugin, value as ErrorData, grants, call.range));
    }
    this.#break("sent a message that nobody asked for");
  }

  #violate(limit: keyof SandboxLimits, value: number): void {
    const { plugin, limits } = this.#settings;
    const wanted = JSON.stringify({ [limit]: value });
    this.#end(
      new SandboxViolation({
        plugin,
        limit,
        value,
        allowed: limits[limit],
        range: this.#call?.range,
        manifestLine: `"limits": ${wanted}`,
      }),
    );
  }

  #break(value: string, cause?: unknown): void {
    const facts = {
      plugin: this.#settings.plugin,
      limit: "protocol" as Limit,
      value,
      range: this.#call?.range,
    };
    const options = cause === undefined ? {} : { cause };
    this.#end(new SandboxViolation({ ...facts, allowed: "its sandbox was ended" }, options));
  }

  #end(reason: unknown): void {
    if (this.#failure) return;
    this.#failure = reason instanceof Error ? reason : new Error(String(reason));
    const failure = this.#failure;
    // What is in the pipes is not read any more; the process is killed at once.
    void this.#connection.kill().then(() => this.#clean(failure));
  }

  async #ended({ kind, how, error }: WorkerEnd): Promise<void> {
    if (this.#failure) return;
    const { plugin, limits } = this.#settings;
    const range = this.#call?.range;
    const stderr = cleanText((error as { stderr?: string } | undefined)?.stderr ?? "");
    const tail = stderr.trim() === "" ? "" : `; it last wrote:\n${stderr.trim()}`;
    if (kind === "memory") {
      const manifestLine = `"limits": ${JSON.stringify({ heapBytes: 2 * limits.heapBytes })}`;
      this.#failure = new SandboxViolation({
        plugin,
        limit: "heapBytes",
        value: limits.heapBytes,
        allowed: limits.heapBytes,
        range,
        manifestLine,
      });
    } else if (kind === "protocol") {
      this.#failure = new SandboxViolation({
        plugin,
        limit: "protocol",
        value: cleanText(how),
        allowed: "its sandbox was ended",
        range,
      });
    } else this.#failure = new Error(`The sandbox of plugin "${plugin}" ${cleanText(how)}${tail}`);
    await this.#clean(this.#failure);
  }

  /** Their names are not needed any more. */
  #unlink(): void {
    for (const { path } of Object.values(this.#files)) {
      try {
        Deno.removeSync(path);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  async #clean(failure: Error): Promise<void> {
    this.#call?.reject(failure);
    this.#unlink();
    for (const { file } of Object.values(this.#files)) file.close();
    this.#watched.ended();
    const { kept } = this.#settings;
    if (this.#isClosed && this.#calls > 0 && kept !== undefined) await this.#watched.keep(kept);
    await Deno.remove(this.#folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await this.#watched.done();
    this.#gone.resolve();
  }
}

/** Nothing but what was granted, and what Deno itself looks at. */
function environment(granted: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of granted) {
    const value = Deno.env.get(name);
    if (value !== undefined) variables[name] = value;
  }
  // The shell finds its commands by PATH, and takes it away.
  return {
    ...variables,
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
    TMPDIR: "/dev/null",
    PATH: "/usr/bin:/bin",
  };
}
