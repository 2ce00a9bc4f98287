/**
 * The `millrace` section of a package's configuration: {@linkcode parseSection}.
 * @module
 */
import { z } from "zod";
import { validRange } from "../_semver.ts";

/** A plugin as its package's configuration declares it. */
export interface PluginDeclaration {
  /** Subpath of the package's export that has it. Default `"."`. */
  readonly module: string;
  /** Data types that it makes. */
  readonly provides: readonly string[];
  /** Data types that it needs. */
  readonly dependsOn: readonly string[];
  /** What it is for, in a line. */
  readonly help?: string | undefined;
  /** Each option's JSON Schema, by name. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Columns of each data type that it makes: column types by name. */
  readonly schema: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What it may do beyond computing, each with a reason that users will read. */
  readonly permissions: readonly PluginPermission[];
  /** How much it may use where that is other than usual: see {@linkcode PLUGIN_LIMITS}. */
  readonly limits: Readonly<Partial<Record<keyof typeof PLUGIN_LIMITS, number>>>;
  /** Sample of its work: chunk files in the package. */
  readonly golden?: { readonly input: string; readonly output: string } | undefined;
}

/** Limits that a manifest may set, each with the most that it may say: wall and processor time of a call in ms, bytes, messages a second. */
export const PLUGIN_LIMITS = {
  wallMs: 3_600_000,
  cpuMs: 3_600_000,
  heapBytes: 2 ** 32,
  residentBytes: 2 ** 33,
  outputBytes: 2 ** 31,
  diskBytes: 2 ** 32,
  messagesPerSecond: 100_000,
} as const;

/** Something that a plugin wants to be allowed. */
export interface PluginPermission {
  /** As in Deno's `--allow-` options. */
  readonly name: "read" | "write" | "net" | "env" | "sys" | "run" | "ffi" | "import";
  /** What of it: a host, a path, the name of a variable. */
  readonly value: string;
  /** What it is for, for the user to read. */
  readonly reason: string;
}

/** The whole section. */
export interface PluginSection {
  /** Versions of the engine that the plugins run with. */
  readonly engine: string;
  /** Plugins by the name of their export. */
  readonly plugins: Readonly<Record<string, PluginDeclaration>>;
}

const dataType = z.string().regex(/^[A-Za-z_]\w{0,63}$/, "is no name of a data type (letters, digits and _)");
const file = z.string().startsWith("./", 'is a path that begins with "./"');

const LIMITS = Object.fromEntries(
  Object.entries(PLUGIN_LIMITS).map(([name, most]) => [
    name,
    z.int("is no whole number").min(1, "is less than 1").max(
      most,
      `is more than ${most}, the most that a plugin may ask for`,
    )
      .exactOptional(),
  ]),
) as Record<keyof typeof PLUGIN_LIMITS, z.ZodExactOptional<z.ZodInt>>;

const SECTION: z.ZodType<PluginSection> = z.strictObject({
  engine: z.string().refine((range) => validRange(range) !== null, 'is no range of versions, like "^0.1.0"'),
  plugins: z.record(
    z.string().regex(/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u, "is no name of an export"),
    z.strictObject({
      module: z.string().default("."),
      provides: z.array(dataType).min(1, "is empty; a plugin makes at least one data type").max(64),
      dependsOn: z.array(dataType).max(64).default([]),
      help: z.string().max(300).optional(),
      options: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
      schema: z.record(dataType, z.record(z.string(), z.string())).default({}),
      permissions: z.array(z.strictObject({
        name: z.enum(["read", "write", "net", "env", "sys", "run", "ffi", "import"]),
        value: z.string().min(1, "is empty; name the host, path or variable").max(1024),
        reason: z.string().trim().min(10, "is too short; say in a sentence what it is for")
          .max(300, "has more than 300 characters; nobody would read it"),
      })).max(32, "has more than 32 entries; nobody would read them").default([]),
      limits: z.strictObject(LIMITS).default({}),
      golden: z.strictObject({ input: file, output: file }).optional(),
    }),
  ),
});

/** What is wrong with a section, one text a place; empty if nothing is. */
export function sectionProblems(section: unknown): string[] {
  const result = SECTION.safeParse(section);
  if (result.success) return [];
  return result.error.issues.map(({ path, message }) =>
    `"${["millrace", ...path.map(String)].join(".")}": ${message}`
  );
}

/** The section of a package, which has been checked. @throws {Error} When it is not valid. */
export function parseSection(section: unknown): PluginSection {
  return SECTION.parse(section);
}
