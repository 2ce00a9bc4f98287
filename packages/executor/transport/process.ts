/**
 * Workers that are processes: `deno run` children, reached through frames on two pipes of their own (`_frame.ts`).
 *
 * Unlike a thread, a process can be stopped whatever it does, and what it does to its own heap ends only itself.
 * It costs about 45 ms and 45 MB to start one, and buffers are copied (about 1 GB/s each way).
 * What a task prints, or what its children print, goes to the process's standard error.
 *
 * Failure contract: every end of a process is reported once with its exit code or signal and the end of what it
 * wrote to standard error; `kill()` ends it with SIGKILL and resolves when it is gone. A process is killed
 * when its host calls `Deno.exit()`, and ends by itself when the host is gone otherwise, as soon as it returns to its
 * event loop. Starting needs `/bin/sh` and permission to run it; on
 * Windows there is none.
 *
 * @module
 */
import { ProcessConnection } from "./_process_connection.ts";
import type { Allocate } from "./_frame_decoder.ts";
import {
  configOf,
  denoArguments,
  ownPermissions,
  processEnvironment,
  type ProcessPermissions,
} from "./process_command.ts";
import type { Transport } from "./transport.ts";

export { ProcessError } from "./_process_error.ts";
export type { Allocate } from "./_frame_decoder.ts";
export type { PermissionKind, ProcessPermissions } from "./process_command.ts";

/** MiB of heap that a process may have. */
const HEAP_LIMIT = 1024;
/** Flags that say what is done with the lock file. */
const LOCK_FLAG = /^--(?:no-lock|lock|frozen)(?:=|$)/;

/** How worker processes are started. */
export interface ProcessTransportOptions {
  /**
   * What the processes may do. Default: what the caller may, as far as that can be told (`ownPermissions()`): a
   * permission that is limited to some paths or hosts has to be named here. Modules of `file:` URLs need `read`.
   */
  readonly permissions?: ProcessPermissions;
  /**
   * Limit of the JavaScript heap, MiB; buffers, i.e. the columns of tables, are not part of it. Default: 1024, which is
   * full within seconds, where Deno's own limit of about 4 GiB takes half a minute.
   */
  readonly heapLimit?: number;
  /** Environment variables, beside the few that Deno needs itself to load modules. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory. Default: the caller's. */
  readonly cwd?: string;
  /**
   * Path of the configuration file with the import map; `false` for none. Default: the nearest one above the program's
   * main module, if it is a file that may be read, else what Deno finds for itself.
   */
  readonly config?: string | false;
  /** Path or URL of an import map. */
  readonly importMap?: string;
  /**
   * Further flags of `deno run`, e.g. `--cached-only`. Without one about the lock file there is none for the processes:
   * they would add to the program's what only they load. With `--frozen` they load just what it names.
   */
  readonly flags?: readonly string[];
  /** Path of the `deno` program. Default: the one that runs. */
  readonly deno?: string;
  /** Milliseconds until a process has to be ready. Default: 10,000. */
  readonly startTimeout?: number;
  /** Milliseconds that `stop()` waits before it kills. Default: 1000. */
  readonly stopTimeout?: number;
  /** Bytes that one message of a worker may have. Default: 4 GiB. */
  readonly maxMessage?: number;
  /** Bytes of such a message that are not buffers. Default: 256 MiB. */
  readonly maxMeta?: number;
  /** Characters of standard error that are kept for errors. Default: 8192. */
  readonly keepStderr?: number;
  /** Takes each line that a process writes to standard error or output. Default: nobody does. */
  readonly onLine?: (line: string, worker: number) => void;
  /** Gives memory for buffers of results, e.g. from a pool. Default: a new ArrayBuffer each. */
  readonly allocate?: Allocate;
}

/**
 * Makes the transport of worker processes.
 *
 * Buffers of a message that are not transferred must stay as they are until the task has ended: they are written
 * as the process reads them.
 *
 * @throws {TypeError} for options that can't be
 * @throws {Error} on Windows
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { processTransport } from "@millrace/executor/transport/process";
 * import { WorkerPool } from "@millrace/executor/worker-pool";
 *
 * await using pool = new WorkerPool({ transport: processTransport({ permissions: {} }), max: 1 });
 * const double = { module: "data:text/javascript,export const double = (x) => 2 * x;", export: "double" };
 * assert.equal(await pool.run(double, 21), 42);
 * ```
 */
export function processTransport(options: ProcessTransportOptions = {}): Transport {
  if (Deno.build.os === "windows") {
    throw new Error("Cannot start worker processes on Windows: they need /bin/sh; use threads");
  }
  for (const name of ["startTimeout", "stopTimeout", "maxMessage", "maxMeta", "keepStderr"] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0)) {
      throw new RangeError(`Cannot start processes with ${name} ${value}: give a number of 0 or more`);
    }
  }
  const { heapLimit = HEAP_LIMIT, importMap, flags = [], permissions = ownPermissions() } = options;
  const config = options.config ?? ownConfig();
  const main = new URL("../worker/process_main.ts", import.meta.url);
  const args = denoArguments({
    permissions,
    heapLimit,
    ...(config !== undefined && { config }),
    ...(importMap !== undefined && { importMap }),
    flags: flags.some((flag) => LOCK_FLAG.test(flag)) ? flags : ["--no-lock", ...flags],
  }, main.href);
  const settings = {
    program: options.deno ?? Deno.execPath(),
    args,
    heapLimit,
    env: processEnvironment(options.env),
    cwd: options.cwd,
    startTimeout: options.startTimeout ?? 10_000,
    stopTimeout: options.stopTimeout ?? 1000,
    limits: {
      maxFrame: options.maxMessage ?? 2 ** 32,
      maxMeta: options.maxMeta ?? 2 ** 28,
      maxBuffers: 2 ** 16,
    },
    keepStderr: options.keepStderr ?? 8192,
    onLine: options.onLine,
    allocate: options.allocate,
  };
  return {
    kind: "process",
    shared: false,
    start: (worker, events) => new ProcessConnection(worker, events, settings),
  };
}

function ownConfig(): string | undefined {
  const file = configOf(Deno.mainModule, (candidate) => {
    if (Deno.permissions.querySync({ name: "read", path: candidate }).state !== "granted") return false;
    try {
      return Deno.statSync(candidate).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
  return file && decodeURIComponent(file.pathname);
}
