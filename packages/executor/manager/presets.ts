/**
 * Named settings of executors for common kinds of work.
 *
 * | preset | workers | why |
 * |---|---|---|
 * | `io_intensive` | threads, 4 tasks each at once | the tasks mostly wait: while one does, the next begins |
 * | `cpu_intensive` | a thread for each processor | threads compute at the same time and share memory: a process would only copy more |
 * | `large_data` | at most 8 threads, up to 1 GiB may wait | large arrays cross as shared memory; more workers would only hold more of them |
 * | `small_data` | at most 4 threads | starting more workers would take longer than the work |
 * | `waveform_loading` | at most 10 threads, 2 files each at once | one file is parsed while the next one is read |
 * | `event_grouping` | a thread for each processor | as `cpu_intensive` |
 * | `feature_computation` | a thread for each processor, up to 1 GiB may wait | waveforms are large, features small |
 *
 * All are threads: processes are for code that isn't trusted, which only the caller knows (`type: "process"`). Numbers of
 * threads are also limited by the machine's processors where tasks compute.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Presets } from "@millrace/executor/presets";
 *
 * const presets = new Presets();
 * presets.register("calibration", { ...presets.get("cpu_intensive"), maxWorkers: 2 });
 * assert.deepEqual(presets.get("calibration"), { type: "thread", maxWorkers: 2 });
 * assert.throws(() => presets.get("cpu_intensiv"), /did you mean "cpu_intensive"/);
 * ```
 * @module
 */
import { suggestion } from "./_suggestion.ts";
import { checkConfig, type ExecutorConfig } from "./config.ts";

const atMost = (workers: number) => Math.min(workers, Math.max(1, navigator.hardwareConcurrency));

const BUILT_IN: Readonly<Record<string, ExecutorConfig>> = {
  io_intensive: { type: "thread", concurrency: 4 },
  cpu_intensive: { type: "thread" },
  large_data: { type: "thread", maxWorkers: atMost(8), maxQueuedBytes: 2 ** 30 },
  small_data: { type: "thread", maxWorkers: atMost(4) },
  waveform_loading: { type: "thread", maxWorkers: atMost(10), concurrency: 2 },
  event_grouping: { type: "thread" },
  feature_computation: { type: "thread", maxQueuedBytes: 2 ** 30 },
};

/** The built-in presets and those that were added. Names are looked up in O(1). */
export class Presets {
  readonly #presets = new Map(Object.entries(BUILT_IN));

  /** Names of all presets, in order. */
  get names(): readonly string[] {
    return [...this.#presets.keys()].sort();
  }

  /** A copy of a preset's settings. @throws {RangeError} When there is none of the name; the message names the nearest one. */
  get(name: string): ExecutorConfig {
    const found = this.#presets.get(name);
    if (!found) {
      throw new RangeError(`Unknown executor preset "${name}"${suggestion(name, this.#presets.keys())}`);
    }
    return checkConfig(found);
  }

  /**
   * Add a preset.
   *
   * @throws {TypeError} When the name is empty or taken by a built-in one, or the settings are wrong.
   * @throws {RangeError} When a number is out of range.
   */
  register(name: string, config: ExecutorConfig): void {
    if (name === "") throw new TypeError("Cannot register an executor preset without a name");
    if (Object.hasOwn(BUILT_IN, name)) {
      throw new TypeError(
        `Cannot change the built-in executor preset "${name}": register it under another name`,
      );
    }
    this.#presets.set(name, checkConfig(config));
  }
}
