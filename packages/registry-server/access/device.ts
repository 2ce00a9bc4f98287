/**
 * Let a program publish without giving it a token by hand: {@linkcode requestDevice}, {@linkcode decideDevice},
 * {@linkcode exchangeDevice}.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { User } from "../catalog/scopes.ts";
import { Refusal } from "../http/refusal.ts";
import type { Registry } from "../registry.ts";
import { sha256 } from "../storage/sha256.ts";
import { authorize, type Target } from "./authorize.ts";
import { createToken, type Identity, newSecret, type Permission } from "./tokens.ts";

/** How long a request waits for its answer, ms. */
const WAIT = 10 * 60_000;

/** How long the token is valid, ms. */
const VALID = 60 * 60_000;

/** What a user reads aloud and types: no characters that look alike. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789";

/** A request as the user decides on it. */
export interface DeviceRequest {
  readonly code: string;
  readonly permissions: readonly Permission[];
  readonly expiresAt: string;
}

interface Row {
  readonly code: string;
  readonly challenge: string;
  readonly permissions: string;
  readonly expires_at: string;
  readonly user_id: number | null;
  readonly token_id: number | null;
  readonly denied: number;
}

/**
 * A program asks to publish.
 *
 * @param challenge Base64 of the SHA-256 of a secret of the program's (PKCE).
 * @returns What the user confirms, and what the program exchanges for a token afterwards.
 */
export function requestDevice(
  { db, now }: Pick<Registry, "db" | "now">,
  challenge: string,
  permissions: readonly Permission[],
): DeviceRequest & { exchangeToken: string } {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const letters = [...bytes].map((byte) => LETTERS[byte % LETTERS.length]).join("");
  const code = `${letters.slice(0, 4)}-${letters.slice(4)}`;
  const exchangeToken = newSecret("mrx");
  const expiresAt = new Date(now().getTime() + WAIT).toISOString();
  db.run("DELETE FROM device_request WHERE expires_at < ?", now().toISOString());
  db.run(
    "INSERT INTO device_request (code, exchange_hash, challenge, permissions, expires_at) VALUES (?, ?, ?, ?, ?)",
    code,
    sha256(exchangeToken),
    challenge,
    JSON.stringify(permissions),
    expiresAt,
  );
  return { code, permissions, expiresAt, exchangeToken };
}

/** The request that a user sees. @throws {Refusal} When there is none of this code that waits. */
export function findDevice({ db, now }: Pick<Registry, "db" | "now">, code: string): DeviceRequest {
  const row = db.get<Row>("SELECT * FROM device_request WHERE code = ?", code.trim().toUpperCase());
  if (!row || row.expires_at <= now().toISOString() || row.user_id !== null || row.denied) {
    throw new Refusal(404, "authorizationNotFound", `No request with the code "${code}" waits; start again`);
  }
  return { code: row.code, permissions: JSON.parse(row.permissions), expiresAt: row.expires_at };
}

/** A user allows or denies a request; may allow only what the user's own token allows. */
export function decideDevice(
  registry: Pick<Registry, "db" | "now">,
  identity: Identity,
  code: string,
  allow: boolean,
): void {
  const request = findDevice(registry, code);
  if (allow) {
    for (const permission of request.permissions) authorize(registry, identity, permission as Target);
  }
  registry.db.run(
    "UPDATE device_request SET user_id = ?, token_id = ?, denied = ? WHERE code = ?",
    identity.user.id,
    identity.tokenId,
    allow ? 0 : 1,
    request.code,
  );
}

/**
 * The program fetches its token, once.
 *
 * @throws {Refusal} With the code `authorizationPending` as long as nothing is decided.
 */
export function exchangeDevice(
  registry: Pick<Registry, "db" | "now">,
  exchangeToken: string,
  verifier: string,
): { token: string; user: User } {
  const { db, now } = registry;
  const hash = sha256(exchangeToken);
  return db.transaction(() => {
    const row = db.get<Row>("SELECT * FROM device_request WHERE exchange_hash = ?", hash);
    if (!row) {
      throw new Refusal(
        404,
        "authorizationNotFound",
        "There is no such request, or it was used; start again",
      );
    }
    if (!isAnswer(row.challenge, verifier)) {
      throw new Refusal(400, "invalidVerifier", "The verifier does not belong to this request; start again");
    }
    if (row.expires_at <= now().toISOString()) {
      throw new Refusal(400, "authorizationExpired", "The request has expired; start again");
    }
    if (row.denied) throw new Refusal(400, "authorizationDenied", "The request was denied; ask the user");
    if (row.user_id === null) {
      throw new Refusal(400, "authorizationPending", "The request is not decided yet; ask again soon");
    }
    db.run("DELETE FROM device_request WHERE exchange_hash = ?", hash);
    const found = db.get<{ name: string; admin: number }>("SELECT * FROM user WHERE id = ?", row.user_id)!;
    const user: User = { id: row.user_id, name: found.name, admin: found.admin === 1 };
    const { token } = createToken(registry, user, {
      label: `device ${row.code}`,
      permissions: JSON.parse(row.permissions),
      expiresAt: new Date(now().getTime() + VALID),
      parent: row.token_id!,
    });
    return { token, user };
  });
}

function isAnswer(challenge: string, verifier: string): boolean {
  const answer = createHash("sha256").update(verifier).digest("base64");
  const [a, b] = [answer, challenge].map((text) => new TextEncoder().encode(text)) as [
    Uint8Array,
    Uint8Array,
  ];
  return a.length === b.length && timingSafeEqual(a, b);
}
