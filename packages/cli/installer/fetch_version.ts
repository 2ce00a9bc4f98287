/**
 * Fetch a version from a registry and check every hash and signature of it: {@linkcode fetchVersion}.
 * @module
 */
import type { VersionManifest } from "@millrace/registry-server/client";
import { type PublicKey, VerificationError, verifyVersion } from "@millrace/registry-server/verify";
import { isInside } from "./lock_file.ts";
import { joinPublisherKeys, onlyKey } from "./keys.ts";
import { type PackageFiles, sha256 } from "./package_files.ts";
import type { RegistryReader } from "./registry_reader.ts";

/** Most bytes of all files of a version. */
const MOST_BYTES = 256 * 2 ** 20;
/** Most files of a version. */
const MOST_FILES = 10_000;

/** Keys by which versions are judged. */
export interface Trusted {
  /** The registry's. */
  readonly registry: readonly PublicKey[];
  /** Those of a scope's publishers that the user trusts. */
  readonly publishers: (scope: string) => readonly PublicKey[];
}

/**
 * Fetch an exact version.
 *
 * @param expected SHA-256 that its manifest must have, where that is known.
 * @throws {VerificationError} When a hash or signature is not right, or a key unknown or not valid at that time.
 * @throws {Error} When the version is blocked, or cannot be read.
 */
export async function fetchVersion(
  reader: RegistryReader,
  { scope, name, version }: { readonly scope: string; readonly name: string; readonly version: string },
  trusted: Trusted,
  expected?: string,
): Promise<PackageFiles> {
  const id = `@${scope}/${name}@${version}`;
  const manifestBytes = await reader.manifest(scope, name, version);
  if (expected !== undefined && sha256(manifestBytes) !== expected) {
    throw new VerificationError(
      `Cannot trust ${id} from ${reader.origin}: its manifest has the SHA-256 ${
        sha256(manifestBytes)
      }, and ` +
        `millrace.lock says ${expected}; a version never changes, so ask the registry's operator`,
    );
  }
  const vouched = await vouch(reader, { scope, name, version }, manifestBytes, trusted);
  const manifest = readManifest(manifestBytes, id);
  const entries = Object.entries(manifest.manifest);
  const total = entries.reduce((sum, [, { size }]) => sum + size, 0);
  if (entries.length > MOST_FILES || total > MOST_BYTES) {
    throw new RangeError(
      `Cannot install ${id}: it has ${entries.length} files with ${total} bytes, more than the ${MOST_FILES} files or ` +
        `${MOST_BYTES} bytes that are allowed`,
    );
  }
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const waiting = [...entries];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [path, { size, checksum }] = next;
      const bytes = await reader.file(scope, name, version, path, size);
      if (bytes.length !== size || `sha256-${sha256(bytes)}` !== checksum) {
        throw new VerificationError(
          `Cannot trust ${id} from ${reader.origin}: the file "${path}" is not the one in its manifest`,
        );
      }
      files.set(path, bytes);
    }
  };
  await Promise.all(Array.from({ length: 6 }, work));
  return {
    id,
    scope,
    place: `@${scope}/${name}/${version}`,
    manifestBytes,
    manifest,
    files: new Map(entries.map(([path]) => [path, files.get(path)!])),
    ...vouched,
  };
}

async function vouch(
  reader: RegistryReader,
  { scope, name, version }: { readonly scope: string; readonly name: string; readonly version: string },
  manifest: Uint8Array,
  trusted: Trusted,
): Promise<Pick<PackageFiles, "trust" | "registry" | "publisher" | "offered" | "strange">> {
  const signatures = await reader.signatures(scope, name, version);
  const pinned = trusted.publishers(scope);
  if (!signatures) { // a package of another registry, which this one passes on
    return { trust: "unverified", registry: null, publisher: null, offered: undefined, strange: undefined };
  }
  const fetched = { package: `@${scope}/${name}`, version, manifest, signatures, keys: trusted.registry };
  const told = await reader.publisherKeys(scope);
  const trust = await verifyVersion({ ...fetched, publishers: joinPublisherKeys(pinned, told) });
  const { registry, publisher } = signatures;
  if (trust === "verified") {
    return { trust, registry, publisher, offered: undefined, strange: undefined };
  }
  const none = { trust, registry, publisher: null } as const;
  if (!publisher) return { ...none, offered: undefined, strange: undefined };
  const key = told.find(({ id }) => id === publisher.keyId);
  const holds = key && await verifyVersion({ ...fetched, publishers: [key] }) === "verified";
  const strange = publisher.keyId;
  return holds
    ? { ...none, publisher, offered: onlyKey(key), strange }
    : { ...none, offered: undefined, strange };
}

/** What a manifest says. @throws {VerificationError} When it is none, or has paths that lead elsewhere. */
export function readManifest(bytes: Uint8Array, id: string): VersionManifest {
  const refuse = (why: string) => new VerificationError(`Cannot trust ${id}: its manifest ${why}`);
  let manifest: VersionManifest;
  try {
    manifest = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refuse(`cannot be read: ${(cause as Error).message}`);
  }
  const { manifest: files, exports } = manifest ?? {};
  if (typeof files !== "object" || files === null || typeof exports !== "object" || exports === null) {
    throw refuse("has no files or no exports");
  }
  const folded = new Set<string>();
  for (const [path, file] of Object.entries(files)) {
    if (!path.startsWith("/") || !isInside(path.slice(1))) {
      throw refuse(`has the path "${path}", which leads elsewhere`);
    }
    if (
      !(Number.isSafeInteger(file?.size) && file.size >= 0) || !/^sha256-[0-9a-f]{64}$/.test(file.checksum)
    ) {
      throw refuse(`has no size or checksum of "${path}"`);
    }
    if (folded.has(path.toLowerCase())) throw refuse(`has "${path}" twice, but for its case`);
    folded.add(path.toLowerCase());
  }
  for (const target of Object.values(exports)) {
    if (typeof target !== "string" || !Object.hasOwn(files, target.replace(/^\./, ""))) {
      throw refuse(`exports "${target}", which is not among its files`);
    }
  }
  return manifest;
}
