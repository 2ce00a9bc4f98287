/**
 * The name of a run, from its input's.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { runIdOf } from "./run_id.ts";
 *
 * assert.equal(runIdOf(["./DAQ/run_7"], "/data"), "run_7");
 * assert.equal(runIdOf(["./DAQ/run_7/RAW/*.BIN"], "/data"), "run_7");
 * assert.equal(runIdOf(["calibration.BIN"], "/data"), "calibration");
 * ```
 * @module
 */
import { basename, dirname, extname, resolve } from "node:path";
import { UsageError } from "./errors.ts";

const WILD = /[*?]/;
/** Folders in which a run's folder keeps its data. */
const INSIDE = /^(?:RAW|UNFILTERED|FILTERED)$/;
const DATA_FILE = /^\.(?:bin|dat|csv|np[yz]|lh5|h5|hdf5|wav|arrow|feather|ipc|parquet)$/i;

/**
 * The name of the run that `inputs` hold: of a folder its name, of a file its name without the extension, of a pattern the
 * name of the folder in front of it. `RAW`, `UNFILTERED` and `FILTERED` are no names: the folder around them is meant. Of
 * several inputs it is the name that all have, or that of the folder that they are in.
 *
 * @param cwd The folder that relative paths start from.
 * @throws {UsageError} When there is no such name.
 */
export function runIdOf(inputs: readonly string[], cwd: string): string {
  const paths = inputs.map((input) => resolve(cwd, input));
  const names = new Set(paths.map((path) => WILD.test(path) ? folderName(fixedPart(path)) : nameOf(path)));
  const around = new Set(paths.map((path) => folderName(WILD.test(path) ? fixedPart(path) : dirname(path))));
  const [name] = names.size === 1 ? names : around;
  if ((names.size > 1 && around.size > 1) || !name) {
    throw new UsageError(
      `Cannot name the run of ${inputs.map((input) => `"${input}"`).join(", ")}: ` +
        "the inputs have no name in common; give one with --run-id",
    );
  }
  return name;
}

function nameOf(path: string): string {
  const extension = extname(path);
  return DATA_FILE.test(extension) ? basename(path, extension) : folderName(path);
}

function folderName(path: string): string {
  return INSIDE.test(basename(path)) ? basename(dirname(path)) : basename(path);
}

function fixedPart(pattern: string): string {
  const parts = pattern.split("/");
  return parts.slice(0, parts.findIndex((part) => WILD.test(part))).join("/") || "/";
}

/** Check that a name can be that of a run, which is a folder in the store. @throws {UsageError} When it cannot. */
export function checkRunId(runId: string): void {
  // deno-lint-ignore no-control-regex
  if (!/^[^./\\:*?"<>|\x00-\x1f\x7f][^/\\:*?"<>|\x00-\x1f\x7f]*$/.test(runId) || /[. ]$/.test(runId)) {
    throw new UsageError(
      `Cannot use "${runId}" as the name of a run: it is a folder in the store; give one such as "run_7" with --run-id`,
    );
  }
}
