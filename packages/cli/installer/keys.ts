/**
 * Whom the user trusts: {@linkcode joinRegistryKeys}, {@linkcode joinPublisherKeys}, {@linkcode givenKey}.
 * @module
 */
import { keyId } from "@millrace/registry-server/client";
import { type PublicKey, VerificationError } from "@millrace/registry-server/verify";

/** The keys as the registry tells them now; those that were known before must be there unchanged, but for their end. */
export function joinRegistryKeys(
  origin: string,
  known: readonly PublicKey[] | undefined,
  told: readonly PublicKey[],
): readonly PublicKey[] {
  for (const key of known ?? []) {
    const now = told.find(({ id }) => id === key.id);
    const ended = key.validUntil === null || now?.validUntil === key.validUntil;
    if (now?.publicKey === key.publicKey && now.validFrom === key.validFrom && ended) continue;
    throw new VerificationError(
      `Cannot trust the registry ${origin}: its key ${key.id} is no longer what it was when it was first read; ask its ` +
        "operator, and only if that is right remove the registry from the lock file",
    );
  }
  return told.map(onlyKey);
}

/** Trusted keys, those ended earlier of which the registry says so: it can take trust away and give none. */
export function joinPublisherKeys(trusted: readonly PublicKey[], told: readonly PublicKey[]): PublicKey[] {
  return trusted.map((key) => {
    const until = told.find(({ publicKey }) => publicKey === key.publicKey)?.validUntil ?? null;
    const ends = [key.validUntil, until].filter((end) => end !== null).sort();
    return { ...key, validUntil: ends[0] ?? null };
  });
}

/** A key by its public part. @throws {SyntaxError} When it is none. */
export async function givenKey(publicKey: string): Promise<PublicKey> {
  try {
    await crypto.subtle.importKey("raw", Uint8Array.fromBase64(publicKey), "Ed25519", false, ["verify"]);
  } catch (cause) {
    throw new SyntaxError(
      `Cannot use "${publicKey}" as a publisher's key: give the public part that millrace registry key create prints`,
      { cause },
    );
  }
  return {
    id: await keyId(publicKey),
    algorithm: "Ed25519",
    publicKey,
    validFrom: new Date(0).toISOString(),
    validUntil: null,
  };
}

/** A key without whatever else an answer has. */
export function onlyKey({ id, publicKey, validFrom, validUntil }: PublicKey): PublicKey {
  return { id, algorithm: "Ed25519", publicKey, validFrom, validUntil };
}
