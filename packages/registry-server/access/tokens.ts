/**
 * Tokens: {@linkcode createToken}, {@linkcode identify}, {@linkcode revokeToken}.
 * @module
 */
import type { User } from "../catalog/scopes.ts";
import { Refusal } from "../http/refusal.ts";
import type { Registry } from "../registry.ts";
import { sha256 } from "../storage/sha256.ts";

/** What can be done with a scope. Administration is for administrators' tokens without limits. */
export type Action = "publish" | "yank" | "manage";

/** What a token allows; a field that is missing stands for anything. */
export interface Permission {
  /** What may be done. */
  readonly action?: Action;
  /** Where, without the `@`. */
  readonly scope?: string;
  /** To which package of the scope. */
  readonly package?: string;
  /** To which version of the package. */
  readonly version?: string;
  /** SHA-256 of the one upload that may be published, hexadecimal. */
  readonly archive?: string;
}

/** Who sent a request, and what the token allows. */
export interface Identity {
  /** Whose token it is. */
  readonly user: User;
  /** Number of the token. */
  readonly tokenId: number;
  /** What the token allows. */
  readonly permissions: readonly Permission[];
  /** ISO 8601; `null` for ever. */
  readonly expiresAt: string | null;
}

/** A token as it may be shown. */
export interface TokenInfo {
  /** Number, to revoke it by. */
  readonly id: number;
  /** Whose it is. */
  readonly user: string;
  /** What it is for. */
  readonly label: string;
  /** What it allows. */
  readonly permissions: readonly Permission[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; `null` for ever. */
  readonly expiresAt: string | null;
  /** ISO 8601; `null` while it is valid. */
  readonly revokedAt: string | null;
}

interface Row {
  readonly id: number;
  readonly user_id: number;
  readonly name: string;
  readonly admin: number;
  readonly label: string;
  readonly permissions: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

/** A secret of 256 bits, with a beginning by which it is recognised. */
export function newSecret(kind: string): string {
  return `${kind}_${
    crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true })
  }`;
}

/** How to make a token. */
export interface TokenOptions {
  /** What it is for. */
  readonly label?: string;
  /** Default: all that the user may do. */
  readonly permissions?: readonly Permission[];
  /** Worthless from then on. Default: never. */
  readonly expiresAt?: Date;
  /** Id of the token that it is made with; revoking that one revokes this one too. */
  readonly parent?: number;
}

/** Make a token. It is given once: only its SHA-256 is kept. */
export function createToken(
  { db, now }: Pick<Registry, "db" | "now">,
  user: User,
  { label = "", permissions = [{}], expiresAt, parent }: TokenOptions = {},
): { id: number; token: string } {
  const token = newSecret("mrt");
  const { id } = db.run(
    "INSERT INTO token (user_id, hash, label, permissions, created_at, expires_at, parent_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
    user.id,
    sha256(token),
    label,
    JSON.stringify(permissions),
    now().toISOString(),
    expiresAt?.toISOString() ?? null,
    parent ?? null,
  );
  return { id, token };
}

/**
 * Who has this token.
 *
 * @throws {Refusal} When it is unknown, expired or revoked.
 */
export function identify({ db, now }: Pick<Registry, "db" | "now">, token: string): Identity {
  const row = db.get<Row>(
    "SELECT token.*, user.name, user.admin FROM token JOIN user ON user.id = user_id WHERE hash = ?",
    sha256(token),
  );
  const refuse = (code: string, why: string) =>
    new Refusal(401, code, `The token ${why}; make a new one`, {}, { "www-authenticate": "Bearer" });
  if (!row) throw refuse("invalidToken", "is not known here");
  if (row.revoked_at !== null) throw refuse("revokedToken", "was revoked");
  if (row.expires_at !== null && row.expires_at <= now().toISOString()) {
    throw refuse("expiredToken", "has expired");
  }
  return {
    user: { id: row.user_id, name: row.name, admin: row.admin === 1 },
    tokenId: row.id,
    permissions: JSON.parse(row.permissions) as Permission[],
    expiresAt: row.expires_at,
  };
}

/** Tokens of a user, or all. */
export function listTokens({ db }: Pick<Registry, "db">, user?: User): TokenInfo[] {
  return db.all<Row>(
    `SELECT token.*, user.name, user.admin FROM token JOIN user ON user.id = user_id
     WHERE ? IS NULL OR user_id = ? ORDER BY token.id`,
    user?.id ?? null,
    user?.id ?? null,
  ).map((row) => ({
    id: row.id,
    user: row.name,
    label: row.label,
    permissions: JSON.parse(row.permissions) as Permission[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }));
}

/**
 * Make a token worthless, now, and those that were made with it.
 *
 * @param user Whose it must be; default: anyone's.
 * @throws {Refusal} When it is not there or another user's.
 */
export function revokeToken({ db, now }: Pick<Registry, "db" | "now">, id: number, user?: User): void {
  const { changes } = db.run(
    `WITH RECURSIVE made (id) AS (
       SELECT id FROM token WHERE id = ? AND (? IS NULL OR user_id = ?)
       UNION SELECT token.id FROM token JOIN made ON parent_id = made.id
     ) UPDATE token SET revoked_at = coalesce(revoked_at, ?) WHERE id IN made`,
    id,
    user?.id ?? null,
    user?.id ?? null,
    now().toISOString(),
  );
  if (changes === 0) {
    throw new Refusal(404, "tokenNotFound", `There is no token ${id}; list the tokens to see their ids`);
  }
}
