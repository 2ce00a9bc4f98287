/**
 * `millrace.lock`: which plugins are installed, from where, signed by whom, allowed what: {@linkcode readLock},
 * {@linkcode changeLock}.
 * @module
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Grants, SandboxLimits } from "@millrace/executor/sandbox";
import type { PublicKey, Signature } from "@millrace/registry-server/verify";

/** A plugin of an installed package. */
export interface LockedExport {
  /** Its module's path in the folder. */
  readonly entry: string;
  /** Data types that it makes. */
  readonly provides: readonly string[];
  /** Data types that it needs. */
  readonly dependsOn: readonly string[];
  /** What it makes, in a line. */
  readonly help: string;
  /** Paths in the folder of a sample of its work. */
  readonly golden: { readonly input: string; readonly output: string } | null;
  /** What its manifest says of how much it may use. */
  readonly limits: Partial<SandboxLimits>;
}

/** A package whose files were installed: the plugin's own, or one that it depends on. */
export interface LockedPackage {
  /** SHA-256 of its manifest. */
  readonly manifest: string;
  /** Who vouches for it: `local` is a folder, a plain URL or npm, which nobody signs. */
  readonly trust: "verified" | "unverified" | "local";
  /** The registry's signature; `null` where there is none. */
  readonly registry: Signature | null;
  /** The publisher's signature; `null` where there is none that is trusted. */
  readonly publisher: Signature | null;
  /** Of a package of npm: its registry, the SHA-512 of its archive, and its dependencies, `name@version` by name. */
  readonly npm?:
    | {
      readonly registry: string;
      readonly integrity: string;
      readonly dependencies: Readonly<Record<string, string>>;
    }
    | undefined;
}

/** What was installed by one `plugin add`. */
export interface LockedPlugin {
  /** What was asked for. */
  readonly request: string;
  /** Where it is from. */
  readonly kind: "registry" | "url" | "npm" | "folder";
  /** Origin of the registry (also of npm's), URL of the module, or path of the folder from the lock file's. */
  readonly from: string;
  /** Exact version. */
  readonly version: string;
  /** SHA-256 of the version's manifest. */
  readonly manifest: string;
  /** What its manifest wants. */
  readonly wanted: Grants;
  /** What the user granted. */
  readonly granted: Grants;
  /** Set once it is known that nobody may use it: why. */
  readonly blocked: string | null;
  /** Folder below `.millrace/plugins`. */
  readonly folder: string;
  /** Plugins by the name of their export. */
  readonly plugins: Readonly<Record<string, LockedExport>>;
  /** By `@scope/name@version`. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
  /** Path in the folder that each specifier of another package leads to. */
  readonly imports: Readonly<Record<string, string>>;
  /** SHA-256 of every file, by its path in the folder. */
  readonly files: Readonly<Record<string, string>>;
}

/** What is known of a registry since it was first read. */
export interface KnownRegistry {
  /** Keys that it signs with. */
  readonly keys: readonly PublicKey[];
  /** Its log when that was last checked. */
  readonly log: { readonly size: number; readonly hash: string } | null;
}

/** The whole file. */
export interface Lock {
  /** Format. */
  readonly format: 1;
  /** Registries by origin. */
  readonly registries: Readonly<Record<string, KnownRegistry>>;
  /** Publishers' keys that the user trusts, by scope without its `@`. */
  readonly publishers: Readonly<Record<string, readonly PublicKey[]>>;
  /** By name: `@scope/name`, a URL, `npm:name`, or the path of a folder. */
  readonly plugins: Readonly<Record<string, LockedPlugin>>;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256 (64 hexadecimal digits)");
// A path that stays in its folder.
const inside = z.string().refine(isInside, "leads out of the plugin's folder");
const list = z.array(z.string());
const grants = z.strictObject({ net: list, read: list, write: list, env: list }).partial();
const signature = z.strictObject({ keyId: z.string(), signature: z.base64(), signedAt: z.iso.datetime() });
const key = z.strictObject({
  id: z.string(),
  algorithm: z.literal("Ed25519"),
  publicKey: z.base64(),
  validFrom: z.iso.datetime(),
  validUntil: z.iso.datetime().nullable(),
});

const LOCK = z.strictObject({
  format: z.literal(1, "is not 1: it was written by another version of millrace"),
  registries: z.record(
    z.string(),
    z.strictObject({
      keys: z.array(key),
      log: z.strictObject({ size: z.int().min(0), hash }).nullable(),
    }),
  ),
  publishers: z.record(z.string(), z.array(key)),
  plugins: z.record(
    z.string(),
    z.strictObject({
      request: z.string(),
      kind: z.enum(["registry", "url", "npm", "folder"]),
      from: z.string(),
      version: z.string(),
      manifest: hash,
      wanted: grants,
      granted: grants,
      blocked: z.string().nullable(),
      folder: z.string().regex(/^[A-Za-z0-9@][\w@+.-]*$/, "is no name of a folder"),
      plugins: z.record(
        z.string(),
        z.strictObject({
          entry: inside,
          provides: list,
          dependsOn: list,
          help: z.string(),
          golden: z.strictObject({ input: inside, output: inside }).nullable(),
          limits: z.record(z.string(), z.number()).default({}),
        }),
      ),
      packages: z.record(
        z.string(),
        z.strictObject({
          manifest: hash,
          trust: z.enum(["verified", "unverified", "local"]),
          registry: signature.nullable(),
          publisher: signature.nullable(),
          npm: z.strictObject({
            registry: z.string(),
            integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/, "is no SHA-512"),
            dependencies: z.record(z.string(), z.string()),
          }).optional(),
        }),
      ),
      imports: z.record(z.string(), inside),
      files: z.record(inside, hash),
    }),
  ),
});

/** Whether a path stays in the folder that it is looked up in, on every system. */
export function isInside(path: string): boolean {
  // deno-lint-ignore no-control-regex
  if (path === "" || /[\\\x00-\x1f\x7f]|^[a-z]:/i.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Most bytes of a lock file: some ten thousand files of plugins. */
const MOST_BYTES = 2 ** 24;

const EMPTY: Lock = { format: 1, registries: {}, publishers: {}, plugins: {} };

/**
 * Read a lock file; one that is not there is empty.
 *
 * @throws {SyntaxError} When it is not what was written: names the place.
 */
export async function readLock(path: string): Promise<Lock> {
  const remedy = "restore it (for example from version control), or remove it and add the plugins again";
  let text: string;
  try {
    const { size } = await Deno.stat(path);
    if (size > MOST_BYTES) {
      throw new SyntaxError(`Cannot read "${path}": it has ${size} bytes, which no lock file has; ${remedy}`);
    }
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return EMPTY;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": ${(cause as Error).message}; ${remedy}`, { cause });
  }
  const { success, data, error } = LOCK.safeParse(value);
  if (success) return data as Lock;
  const [issue] = error.issues;
  const place = issue!.path.map(String).join(" > ");
  throw new SyntaxError(`Cannot read "${path}": ${place ? `"${place}" ` : ""}${issue!.message}; ${remedy}`);
}

/**
 * Change a lock file. Whoever else changes it at the same time comes before or after; a reader sees one or the other.
 *
 * @param change The new content from the one that is there.
 */
export async function changeLock(path: string, change: (lock: Lock) => Lock | Promise<Lock>): Promise<Lock> {
  return await inTurn(path, async () => {
    const changed = ordered(LOCK.parse(await change(await readLock(path))) as Lock);
    const temporary = `${path}.${crypto.randomUUID()}.tmp`;
    try {
      await Deno.writeTextFile(temporary, `${JSON.stringify(changed, null, 2)}\n`);
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {}); // it may not be there
      throw error;
    }
    return changed;
  });
}

/** Do something while nobody else changes the lock file or the folders beside it. The next one's turn comes also when a process dies. */
export async function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const folder = join(dirname(path), ".millrace");
  await Deno.mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new Error(`Cannot make the folder "${folder}" for plugins: ${cause.message}`, { cause });
  });
  using turn = await Deno.open(join(folder, "turn"), { create: true, write: true });
  await turn.lock(true);
  return await work();
}

/** What lineages call a plugin by: its manifest, and those of what it depends on, which change its results as well. */
export function lineageManifest({ manifest, packages }: LockedPlugin): string {
  const others = Object.values(packages).map((each) => each.manifest).filter((each) => each !== manifest);
  if (others.length === 0) return manifest;
  return `${manifest}+${createHash("sha256").update(others.sort().join()).digest("hex")}`;
}

/** Names in order, so that the same plugins give the same text. */
function ordered(lock: Lock): Lock {
  const sort = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
  return {
    format: lock.format,
    registries: sort(lock.registries),
    publishers: sort(lock.publishers),
    plugins: sort(lock.plugins),
  };
}
