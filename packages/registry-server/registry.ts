/**
 * A registry's data, opened: {@linkcode openRegistry}.
 * @module
 */
import { join } from "node:path";
import { Analyser } from "./analysis/analyser.ts";
import { Traffic } from "./http/traffic.ts";
import { DEFAULT_LIMITS, type Limits } from "./config/limits.ts";
import type { SampleCheck } from "./publish/samples.ts";
import { Turns } from "./publish/turns.ts";
import { BlobStore } from "./storage/blobs.ts";
import { Database } from "./storage/database.ts";
import { currentKey } from "./trust/keys.ts";
import { Upstream } from "./upstream/upstream.ts";

/** What the parts of the registry share. */
export interface Registry extends Disposable {
  /**
   * Tables.
   * @internal
   */
  readonly db: Database;
  /**
   * Files.
   * @internal
   */
  readonly blobs: BlobStore;
  /**
   * Reads modules.
   * @internal
   */
  readonly analyser: Analyser;
  /** What it accepts at most. */
  readonly limits: Limits;
  /**
   * Where packages of other scopes come from, if anywhere.
   * @internal
   */
  readonly upstream: Upstream | undefined;
  /**
   * Counts changes to what is served, made through this object.
   * @internal
   */
  readonly revision: { versions: number; blocks: number };
  /**
   * Packages that are read at once.
   * @internal
   */
  readonly turns: Turns;
  /**
   * Folder for what is not finished.
   * @internal
   */
  readonly temporary: string;
  /**
   * Requests that were answered.
   * @internal
   */
  readonly traffic: Traffic;
  /**
   * Computes samples at publication, if anything does.
   * @internal
   */
  readonly checkSamples: SampleCheck | undefined;
  /** The clock. */
  readonly now: () => Date;
}

/** How to open a registry. */
export interface RegistryOptions {
  /** Folder; made where it is missing. */
  readonly data: string;
  /** Default: {@linkcode DEFAULT_LIMITS}. */
  readonly limits?: Partial<Limits>;
  /** Origin of a registry that is asked for what is not here. */
  readonly upstream?: string;
  /** Computes the samples of plugins that are published, in a sandbox. Default: nobody does. */
  readonly checkSamples?: SampleCheck;
  /** The clock, for tests. */
  readonly now?: () => Date;
}

/**
 * Open a registry's folder. Several processes may have it open at once; what a process that died left unfinished is removed by the next
 * that serves it.
 */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { data, limits, upstream, now = () => new Date() } = options;
  try {
    await Deno.mkdir(data, { recursive: true, mode: 0o700 }); // the database holds the private keys
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new Error(`Cannot use "${data}" as a registry: it is a file; give a folder`, { cause });
  }
  const temporary = join(data, "tmp");
  const db = new Database(join(data, "registry.sqlite"));
  const blobs = new BlobStore(join(data, "blobs"), temporary);
  const analyser = new Analyser();
  await currentKey(db, now);
  const registry: Registry = {
    db,
    blobs,
    analyser,
    limits: { ...DEFAULT_LIMITS, ...limits },
    upstream: upstream === undefined ? undefined : new Upstream(upstream, { db, blobs, analyser, now }),
    revision: { versions: 0, blocks: 0 },
    turns: new Turns(4),
    traffic: new Traffic(),
    checkSamples: options.checkSamples,
    temporary,
    now,
    [Symbol.dispose]() {
      analyser[Symbol.dispose]();
      db[Symbol.dispose]();
    },
  };
  return registry;
}
