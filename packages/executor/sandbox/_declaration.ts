// What a plugin says of itself: text from a sandbox, which may say anything.

import { z } from "zod";
import { type OptionData, optionFrom } from "@millrace/core/option-data";
import type { OptionSpecs } from "@millrace/core/option";
import type { Geometry, Plugin } from "@millrace/core/plugin";
import { schema } from "@millrace/core/schema";
import { cleanText } from "./_refusal.ts";
import { SandboxViolation } from "./violation.ts";

/** Longest text of a declaration. */
const MOST_TEXT = 2 ** 18;

const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "is no name").refine(
  (text) => !["__proto__", "constructor", "prototype"].includes(text),
  "is no name",
);
const text = (most: number) =>
  z.string().max(most).refine((said) => cleanText(said, most) === said, "has control characters");
const picoseconds = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const byName = <T extends z.ZodType>(value: T, most = 64) =>
  z.record(name, value).refine(
    (record) => Object.keys(record).length <= most,
    `has more than ${most} entries`,
  );

const boundary = z.union([
  z.enum(["any", "sealed"]),
  z.strictObject({ gap: picoseconds, maxSpan: picoseconds.optional() }),
]);
const reach = z.strictObject({ left: picoseconds.optional(), right: picoseconds.optional() });
const GEOMETRY = z.strictObject({
  boundary: z.union([
    boundary,
    z.strictObject({ inputs: byName(boundary) }),
    z.strictObject({ union: boundary }),
  ]).optional(),
  halo: z.strictObject({ left: picoseconds, right: picoseconds, by: z.enum(["touch", "start"]).optional() })
    .optional(),
  reach: byName(reach).optional(),
});

const columns = byName(z.string().max(32), 1024);
const plain = z.union([
  z.null(),
  z.boolean(),
  z.number(),
  text(4096),
  z.array(z.union([z.null(), z.number(), text(4096)])).max(1024),
]);
const DECLARATION = z.strictObject({
  kind: z.enum(["streaming", "static", "merge", "source"]),
  name,
  provides: z.array(name).min(1).max(64),
  dependsOn: z.array(name).max(64),
  requires: byName(columns),
  version: text(64).min(1),
  help: text(2000),
  schemas: byName(columns),
  columnHelp: byName(z.strictObject({ unit: text(64), help: text(2000) }), 1024).optional(),
  dataKinds: byName(name),
  longestRow: byName(picoseconds),
  options: byName(
    z.strictObject({
      type: z.enum([
        "number",
        "integer",
        "string",
        "boolean",
        "choice",
        "range",
        "time",
        "frequency",
        "list",
      ]),
      settings: z.record(z.string().regex(/^[a-zA-Z]{1,16}$/), plain),
      choices: z.array(text(256)).max(256).optional(),
    }),
    256,
  ),
  saveWhen: z.enum(["never", "explicit", "target", "always"]),
  running: z.strictObject({
    parallel: z.boolean().optional(),
    executorType: z.enum(["inline", "thread", "process"]).optional(),
    maxWorkers: z.number().int().min(1).max(1024).optional(),
    chunkSize: z.number().int().min(1).max(2 ** 31).optional(),
    timeout: z.number().min(1).max(2 ** 31 - 1).optional(),
  }),
  carryOver: z.boolean(),
  stateful: z.strictObject({
    resetOnBreak: z.boolean().optional(),
    breakInput: name.optional(),
    checkpoint: z.boolean().optional(),
  }).optional(),
  hasFlush: z.boolean(),
  geometry: GEOMETRY.optional(),
});

/** A plugin's declaration, checked. */
export type Declaration =
  & Pick<
    Plugin,
    | "kind"
    | "name"
    | "provides"
    | "dependsOn"
    | "requires"
    | "version"
    | "help"
    | "schemas"
    | "columnHelp"
    | "dataKinds"
    | "longestRow"
    | "options"
    | "saveWhen"
    | "running"
    | "carryOver"
    | "stateful"
  >
  & {
    readonly hasFlush: boolean;
    /** Undefined: it depends on the options. */
    readonly geometry: Geometry | undefined;
  };

/** @throws {SandboxViolation} On what is no declaration of a plugin. */
export function declarationOf(plugin: string, said: unknown): Declaration {
  return parsed(plugin, "declares what no plugin can", () => {
    const { schemas, options, geometry, ...rest } = DECLARATION.parse(jsonOf(said));
    const { provides, dependsOn, name, kind } = rest;
    const sameNames = (what: string, names: readonly string[], of: readonly string[], all: boolean) => {
      const other = names.find((one) => !of.includes(one)) ??
        (all ? of.find((one) => !names.includes(one)) : undefined);
      if (other !== undefined) throw new RangeError(`"${other}" is in one of ${what} only`);
    };
    if (name !== provides[0]) {
      throw new RangeError(`its name is "${name}", the first that it provides "${provides[0]}"`);
    }
    if (new Set([...provides, ...dependsOn]).size < provides.length + dependsOn.length) {
      throw new RangeError("a data type is named twice");
    }
    sameNames("provides and schemas", Object.keys(schemas), provides, true);
    if (kind !== "merge") sameNames("provides and dataKinds", Object.keys(rest.dataKinds), provides, true);
    sameNames("provides and longestRow", Object.keys(rest.longestRow), provides, false);
    sameNames("dependsOn and requires", Object.keys(rest.requires), dependsOn, false);
    const columnNames = Object.values(schemas).flatMap((types) => Object.keys(types));
    sameNames("columnHelp and schemas", Object.keys(rest.columnHelp ?? {}), columnNames, false);
    if (kind === "source" ? dependsOn.length > 0 : dependsOn.length === 0) {
      throw new RangeError(`a ${kind} plugin cannot depend on ${dependsOn.length} data types`);
    }
    for (const types of Object.values(schemas)) {
      if (types.time !== "time" || (types.endtime ?? "time") !== "time") {
        throw new RangeError('a schema has no column "time" of type "time", or an "endtime" of another type');
      }
    }
    if (kind !== "streaming" && (rest.stateful || rest.carryOver)) {
      throw new RangeError(`a ${kind} plugin has no state and no carryOver`);
    }
    if (rest.stateful && geometry?.halo) throw new RangeError("a stateful plugin has no halo");
    const specs: OptionSpecs = Object.fromEntries(
      Object.entries(options).map(([key, data]) => [key, optionFrom(data as OptionData)]),
    );
    return {
      ...rest,
      schemas: Object.fromEntries(
        Object.entries(schemas).map(([type, types]) => [type, schema(types as never)]),
      ),
      options: specs,
      geometry,
      stateful: rest.stateful,
    } as unknown as Declaration;
  });
}

/** @throws {SandboxViolation} On what is no geometry. */
export function geometryFrom(plugin: string, said: unknown): Geometry {
  return parsed(plugin, "tells a geometry that cannot be", () => GEOMETRY.parse(jsonOf(said)) as Geometry);
}

/** Data without names that mean something else to an object. */
function jsonOf(said: unknown): unknown {
  if (typeof said !== "string") throw new TypeError(`it is ${typeof said}, not text`);
  if (said.length > MOST_TEXT) {
    throw new RangeError(`it has ${said.length} characters, ${MOST_TEXT} are allowed`);
  }
  return JSON.parse(said, function (this: unknown, key, value) {
    if (key === "__proto__" || key === "constructor" || key === "prototype") {
      throw new RangeError(`it has a property "${key}"`);
    }
    return value;
  });
}

function parsed<T>(plugin: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const why = error instanceof z.ZodError
      ? error.issues.slice(0, 3).map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")
      : (error as Error).message;
    throw new SandboxViolation({ plugin, limit: "declaration", value: what, allowed: why }, { cause: error });
  }
}
