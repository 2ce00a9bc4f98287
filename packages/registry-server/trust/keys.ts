/**
 * The keys that the registry signs with: {@linkcode currentKey}, {@linkcode rotateKey}, {@linkcode publicKeys}.
 * @module
 */
import type { Database } from "../storage/database.ts";
import { generateKey, type KeyPair } from "./ed25519.ts";
import { appendToLog } from "./log.ts";

/** A public key and when signatures made with it count. */
export interface PublicKey {
  /** First 16 hexadecimal digits of the SHA-256 of the key. */
  readonly id: string;
  /** The only one. */
  readonly algorithm: "Ed25519";
  /** Raw, 32 bytes, base64. */
  readonly publicKey: string;
  /** ISO 8601. */
  readonly validFrom: string;
  /** ISO 8601; `null` while it is in use. */
  readonly validUntil: string | null;
}

interface Row {
  readonly id: string;
  readonly public_key: string;
  readonly private_key: string;
  readonly valid_from: string;
  readonly valid_until: string | null;
}

/** The key in use; made at the first call. */
export async function currentKey(db: Database, now: () => Date): Promise<Omit<KeyPair, "publicKey">> {
  const find = () => db.get<Row>("SELECT * FROM signing_key WHERE valid_until IS NULL");
  const row = find();
  if (row) return { id: row.id, privateKey: row.private_key };
  const pair = await generateKey();
  return db.transaction(() => {
    const other = find(); // made by another process since
    if (other) return { id: other.id, privateKey: other.private_key };
    insert(db, pair, now().toISOString());
    return pair;
  });
}

/** Whether a signature of this time counts with this key, which is the one in use. */
export function isInUse(db: Database, id: string, signedAt: string): boolean {
  return db.get(
    "SELECT 1 FROM signing_key WHERE id = ? AND valid_from <= ? AND valid_until IS NULL",
    id,
    signedAt,
  ) !==
    undefined;
}

/** End the validity of the key in use and start with a new one; gives its id. Old signatures stay valid. */
export async function rotateKey(db: Database, now: () => Date): Promise<string> {
  const pair = await generateKey();
  db.transaction(() => {
    const time = now().toISOString();
    db.run("UPDATE signing_key SET valid_until = ? WHERE valid_until IS NULL", time);
    insert(db, pair, time);
  });
  return pair.id;
}

function insert(db: Database, { id, publicKey, privateKey }: KeyPair, time: string): void {
  db.run(
    "INSERT INTO signing_key (id, public_key, private_key, valid_from) VALUES (?, ?, ?, ?)",
    id,
    publicKey,
    privateKey,
    time,
  );
  appendToLog(db, { time, kind: "key", subject: id, detail: publicKey });
}

/** All keys that the registry has ever signed with. */
export function publicKeys(db: Database): PublicKey[] {
  return db.all<Row>("SELECT * FROM signing_key ORDER BY valid_from").map((row) => ({
    id: row.id,
    algorithm: "Ed25519",
    publicKey: row.public_key,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
  }));
}
