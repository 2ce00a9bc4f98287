/**
 * Check what a registry says, with nothing but its answers: {@linkcode verifyVersion}, {@linkcode verifyLog}. For clients.
 *
 * ```ts
 * import { verifyVersion, VerificationError } from "@millrace/registry-server/verify";
 * import assert from "node:assert/strict";
 *
 * const signatures = {
 *   package: "@lab/hits",
 *   version: "1.0.0",
 *   manifest: "0".repeat(64), // not the checksum of the manifest below
 *   registry: { keyId: "a", signature: "", signedAt: "2026-01-01T00:00:00.000Z" },
 *   publisher: null,
 *   logIndex: 0,
 * };
 * const manifest = new TextEncoder().encode("{}");
 * await assert.rejects(
 *   verifyVersion({ package: "@lab/hits", version: "1.0.0", manifest, signatures, keys: [] }),
 *   VerificationError,
 * );
 * ```
 * @module
 */
import { sha256 } from "../storage/sha256.ts";
import { isSignedBy } from "./ed25519.ts";
import type { PublicKey } from "./keys.ts";
import type { LoggedEntry } from "./log.ts";
import { hashEntry, LOG_START, type LogEntry } from "./log_entry.ts";
import type { Signature, VersionSignatures } from "./signatures.ts";
import { headText, type LogHead, versionText } from "./statement.ts";

export type { LogEntry, LoggedEntry, LogHead, PublicKey, Signature, VersionSignatures };

/** Something that a registry says does not hold: do not use what it is about. */
export class VerificationError extends Error {
  /** Error name. */
  override readonly name: string = "VerificationError";
}

/** What is known of a version that was fetched. */
export interface FetchedVersion {
  /** `@scope/name`, as it was asked for. */
  readonly package: string;
  /** Exact. */
  readonly version: string;
  /** Bytes of `VERSION_meta.json`. */
  readonly manifest: Uint8Array;
  /** From the registry's API. */
  readonly signatures: VersionSignatures;
  /** The registry's keys: from its API the first time, then as they were remembered. */
  readonly keys: readonly PublicKey[];
  /** Keys of publishers that the user trusts. */
  readonly publishers?: readonly PublicKey[];
}

/**
 * Check the signatures of a version.
 *
 * @returns `"verified"` when a trusted publisher signed it too, else `"unverified"`: the registry alone vouches for it.
 * @throws {VerificationError} When a signature is missing or wrong, or made by a key that is unknown or was not valid then.
 */
export async function verifyVersion(fetched: FetchedVersion): Promise<"verified" | "unverified"> {
  const { version, signatures, keys, publishers = [] } = fetched;
  const name = `${fetched.package}@${version}`;
  const manifest = sha256(fetched.manifest);
  if (
    signatures.package !== fetched.package || signatures.version !== version ||
    signatures.manifest !== manifest
  ) {
    throw new VerificationError(`Cannot trust ${name}: the signatures are those of something else`);
  }
  const check = (by: "registry" | "publisher", signature: Signature, known: readonly PublicKey[]) =>
    checkSignature(
      `${name}, signed by the ${by}`,
      versionText(by, { package: fetched.package, version, manifest, signedAt: signature.signedAt }),
      signature,
      known,
    );
  if (!signatures.registry) {
    throw new VerificationError(`Cannot trust ${name}: it lacks the registry's signature`);
  }
  await check("registry", signatures.registry, keys);
  const { publisher } = signatures;
  if (!publisher || !publishers.some(({ id }) => id === publisher.keyId)) return "unverified";
  await check("publisher", publisher, publishers);
  return "verified";
}

async function checkSignature(
  what: string,
  text: string,
  { keyId, signature, signedAt }: Signature,
  keys: readonly PublicKey[],
): Promise<void> {
  const key = keys.find(({ id }) => id === keyId);
  if (!key) throw new VerificationError(`Cannot trust ${what}: the key ${keyId} is not known`);
  const time = Date.parse(signedAt);
  if (
    !(time >= Date.parse(key.validFrom)) ||
    (key.validUntil !== null && !(time <= Date.parse(key.validUntil)))
  ) {
    throw new VerificationError(`Cannot trust ${what}: the key ${keyId} was not valid at ${signedAt}`);
  }
  if (!await isSignedBy(key.publicKey, signature, text)) {
    throw new VerificationError(`Cannot trust ${what}: the signature is wrong`);
  }
}

/** The head of the log with its signature. */
export interface SignedHead extends LogHead {
  /** Id of the key that signed it. */
  readonly keyId: string;
  /** Base64. */
  readonly signature: string;
}

/**
 * Check that entries are the whole log up to its signed head, or the part after an earlier one.
 *
 * @param after Head that was checked before; the entries go on there. Default: the start.
 * @throws {VerificationError} When an entry was changed, left out or added, naming its index.
 */
export async function verifyLog(
  entries: readonly LoggedEntry[],
  head: SignedHead,
  keys: readonly PublicKey[],
  after: Pick<LogHead, "size" | "hash"> = { size: 0, hash: LOG_START },
): Promise<void> {
  let { size, hash } = after;
  for (const entry of entries) {
    if (entry.index !== size || entry.previous !== hash || hashEntry(entry) !== entry.hash) {
      throw new VerificationError(`Cannot trust the log: entry ${size} does not follow from the one before`);
    }
    size++;
    hash = entry.hash;
  }
  if (size !== head.size || hash !== head.hash) {
    throw new VerificationError(
      `Cannot trust the log: it has ${size} entries here and ${head.size} at its head`,
    );
  }
  await checkSignature("the head of the log", headText(head), head, keys);
}

/**
 * Check that a version's publication is in a log that was checked.
 *
 * @throws {VerificationError} When it is not.
 */
export function verifyInclusion(entries: readonly LoggedEntry[], signatures: VersionSignatures): void {
  const subject = `${signatures.package}@${signatures.version}`;
  const entry = entries.find(({ index }) => index === signatures.logIndex);
  if (
    entry?.kind === "publish" && entry.subject === subject && entry.detail === `sha256-${signatures.manifest}`
  ) return;
  throw new VerificationError(
    `Cannot trust ${subject}: entry ${signatures.logIndex} of the log is not its publication`,
  );
}
