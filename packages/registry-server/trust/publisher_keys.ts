/**
 * Public keys of those who publish in a scope. The private ones never come here.
 * @module
 */
import { checkScope } from "../catalog/scopes.ts";
import { Refusal } from "../http/refusal.ts";
import type { Registry } from "../registry.ts";
import { keyId } from "./ed25519.ts";
import type { PublicKey } from "./keys.ts";
import { appendToLog } from "./log.ts";

/** Keys of a scope, old ones too. */
export function publisherKeys(registry: Pick<Registry, "db">, scope: string): PublicKey[] {
  checkScope(registry, scope);
  return registry.db.all<{ id: string; public_key: string; valid_from: string; valid_until: string | null }>(
    "SELECT * FROM publisher_key WHERE scope = ? ORDER BY valid_from",
    scope,
  ).map((row) => ({
    id: row.id,
    algorithm: "Ed25519",
    publicKey: row.public_key,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
  }));
}

/** Bind a key to a scope; gives its id. @throws {Refusal} When it is no key, or is there already. */
export async function addPublisherKey(
  registry: Pick<Registry, "db" | "now">,
  scope: string,
  publicKey: string,
): Promise<string> {
  const { db, now } = registry;
  checkScope(registry, scope);
  try {
    await crypto.subtle.importKey("raw", Uint8Array.fromBase64(publicKey), "Ed25519", false, ["verify"]);
  } catch (error) {
    throw new Refusal(
      400,
      "badKey",
      `This is no Ed25519 key: ${(error as Error).message}; send its 32 bytes in base64`,
    );
  }
  const id = await keyId(publicKey);
  db.transaction(() => {
    if (db.get("SELECT 1 FROM publisher_key WHERE id = ? AND scope = ?", id, scope)) {
      throw new Refusal(409, "keyExists", `The scope @${scope} has the key ${id} already; make another one`);
    }
    const time = now().toISOString();
    db.run(
      "INSERT INTO publisher_key (id, scope, public_key, valid_from) VALUES (?, ?, ?, ?)",
      id,
      scope,
      publicKey,
      time,
    );
    appendToLog(db, { time, kind: "publisher-key", subject: `@${scope} ${id}`, detail: publicKey });
  });
  return id;
}

/** End a key's validity. @throws {Refusal} When it is not there, or ended before. */
export function retirePublisherKey(
  { db, now }: Pick<Registry, "db" | "now">,
  scope: string,
  id: string,
): void {
  db.transaction(() => {
    const time = now().toISOString();
    const { changes } = db.run(
      "UPDATE publisher_key SET valid_until = ? WHERE scope = ? AND id = ? AND valid_until IS NULL",
      time,
      scope,
      id,
    );
    if (changes === 0) throw new Refusal(404, "keyNotFound", `The scope @${scope} has no key ${id} in use`);
    appendToLog(db, { time, kind: "publisher-key-revoked", subject: `@${scope} ${id}`, detail: "" });
  });
}
