/**
 * Signatures of versions: {@linkcode versionSignatures}, {@linkcode addPublisherSignature}.
 * @module
 */
import { getVersion } from "../catalog/versions.ts";
import { Refusal } from "../http/refusal.ts";
import type { Registry } from "../registry.ts";
import { isSignedBy } from "./ed25519.ts";
import { publisherKeys } from "./publisher_keys.ts";
import { versionText } from "./statement.ts";

/** A signature, of the registry or of a publisher. */
export interface Signature {
  /** Id of the key that made it. */
  readonly keyId: string;
  /** Base64. */
  readonly signature: string;
  /** ISO 8601; part of what is signed. */
  readonly signedAt: string;
}

/** All that is known of who vouches for a version. */
export interface VersionSignatures {
  /** `@scope/name`. */
  readonly package: string;
  /** Exact. */
  readonly version: string;
  /** SHA-256 of the manifest's bytes, hexadecimal. */
  readonly manifest: string;
  /** By the registry, of every version. */
  readonly registry: Signature;
  /** By the publisher, where there is one. */
  readonly publisher: Signature | null;
  /** Index of the version's entry in the log. */
  readonly logIndex: number;
}

/** @throws {Refusal} When there is no such version. */
export function versionSignatures(
  registry: Pick<Registry, "db">,
  scope: string,
  name: string,
  version: string,
): VersionSignatures {
  const row = getVersion(registry, scope, name, version);
  const publisher = registry.db.get<{ key_id: string; signature: string; signed_at: string }>(
    "SELECT * FROM publisher_signature WHERE version_id = ?",
    row.id,
  );
  return {
    package: `@${scope}/${name}`,
    version,
    manifest: row.manifest,
    registry: { keyId: row.key_id, signature: row.signature, signedAt: row.created_at },
    publisher: publisher
      ? { keyId: publisher.key_id, signature: publisher.signature, signedAt: publisher.signed_at }
      : null,
    logIndex: row.log_index,
  };
}

/** How far a publisher's clock may be ahead, ms. */
const AHEAD = 5 * 60_000;

/**
 * Keep a publisher's signature, once.
 *
 * @throws {Refusal} When it is not one of a key that the scope has in use.
 */
export async function addPublisherSignature(
  registry: Pick<Registry, "db" | "now">,
  scope: string,
  name: string,
  version: string,
  { keyId, signature, signedAt }: Signature,
): Promise<void> {
  const row = getVersion(registry, scope, name, version);
  const refuse = (why: string) => new Refusal(400, "badSignature", `Cannot keep the signature: ${why}`);
  const key = publisherKeys(registry, scope).find(({ id }) => id === keyId);
  if (!key) throw refuse(`the scope @${scope} has no key ${keyId}; add the key first`);
  if (key.validUntil !== null) throw refuse(`the key ${keyId} is no longer in use; sign with another one`);
  if (new Date(signedAt).getTime() > registry.now().getTime() + AHEAD) {
    throw refuse(`it was made at ${signedAt}, which is still to come; set the clock`);
  }
  const text = versionText("publisher", {
    package: `@${scope}/${name}`,
    version,
    manifest: row.manifest,
    signedAt,
  });
  if (!await isSignedBy(key.publicKey, signature, text)) {
    throw refuse(`it is not one of the key ${keyId} for this version; sign the published manifest`);
  }
  const { changes } = registry.db.run(
    "INSERT OR IGNORE INTO publisher_signature (version_id, key_id, signature, signed_at) VALUES (?, ?, ?, ?)",
    row.id,
    keyId,
    signature,
    signedAt,
  );
  if (changes === 0) {
    throw new Refusal(409, "signatureExists", "The version is signed already; signatures never change");
  }
}
