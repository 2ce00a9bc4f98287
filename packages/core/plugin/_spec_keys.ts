// What may be said of a plugin: whatever else an object has is a mistake that would change nothing, silently.

import { didYouMean, listed } from "../options/_suggest.ts";
import type { OptionSpecs } from "../options/option.ts";
import type { Running, Stateful } from "./plugin.ts";
import type {
  CommonSpec,
  MergeSpec,
  SourceSpec,
  StaticSpec,
  StreamingCommon,
  StreamingSpec,
} from "./specs.ts";

/** Every key of some types: a missing or wrong one does not compile. */
type Keys<T> = Readonly<Record<keyof T, true>>;
// deno-lint-ignore no-explicit-any -- only the keys matter
type Any = any;

const COMMON: Keys<CommonSpec<OptionSpecs>> = {
  version: true,
  help: true,
  knownAs: true,
  module: true,
  export: true,
  options: true,
  checkOptions: true,
  columnHelp: true,
  saveWhen: true,
};

const RUNNING: Keys<Running> = {
  parallel: true,
  executorType: true,
  maxWorkers: true,
  chunkSize: true,
  timeout: true,
};

/** Of streaming plugins. */
export const STREAMING_KEYS: Keys<
  StreamingCommon<OptionSpecs, Any, Any, unknown> & StreamingSpec<Any, OptionSpecs, Any, Any, unknown>
> = {
  ...COMMON,
  ...RUNNING,
  provides: true,
  dependsOn: true,
  checkInputs: true,
  reads: true,
  needs: true,
  schema: true,
  dataKind: true,
  longestRow: true,
  boundary: true,
  halo: true,
  reach: true,
  carryOver: true,
  stateless: true,
  stateful: true,
  initialState: true,
  computeChunk: true,
  flush: true,
};

/** Of sources. */
export const SOURCE_KEYS: Keys<SourceSpec<Any, OptionSpecs>> = {
  ...COMMON,
  provides: true,
  schema: true,
  dataKind: true,
  longestRow: true,
  read: true,
  fingerprint: true,
};

/** Of plugins that need the whole run. */
export const STATIC_KEYS: Keys<StaticSpec<Any, OptionSpecs, Any, Any>> = {
  ...COMMON,
  provides: true,
  dependsOn: true,
  needs: true,
  schema: true,
  dataKind: true,
  compute: true,
};

/** Of merges. */
export const MERGE_KEYS: Keys<MergeSpec> = { provides: true, dependsOn: true, version: true, help: true };

const STATEFUL: Keys<Stateful> = { resetOnBreak: true, breakInput: true, checkpoint: true };

/**
 * Check what is said of a plugin.
 *
 * @param known Keys that there are.
 * @throws {TypeError} On any other key: says what may have been meant.
 */
export function checkKeys(spec: object, known: Readonly<Record<string, true>>): void {
  const { provides, stateful } = spec as { provides?: string | readonly string[]; stateful?: unknown };
  const name = typeof provides === "string" ? provides : provides?.[0];
  const check = (given: object, keys: Readonly<Record<string, true>>, what: string) => {
    for (const key of Object.keys(given)) {
      if (Object.hasOwn(keys, key)) continue;
      const help = Object.hasOwn(STATEFUL, key) && keys === STREAMING_KEYS
        ? `; say stateful: { ${key}: ... }`
        : didYouMean(key, Object.keys(keys), `there are ${listed(Object.keys(keys))}`);
      throw new TypeError(`Cannot define plugin "${name}": ${what} has no "${key}"${help}`);
    }
  };
  check(spec, known, "it");
  if (typeof stateful === "object" && stateful !== null) check(stateful, STATEFUL, "stateful");
}
