/**
 * Users, scopes and who belongs to them.
 * @module
 */
import type { Registry } from "../registry.ts";
import { Refusal } from "../http/refusal.ts";
import { checkScopeName } from "./names.ts";

/** Somebody who may own scopes and tokens. */
export interface User {
  /** Number in the tables. */
  readonly id: number;
  /** Unique. */
  readonly name: string;
  /** Whether everything is allowed. */
  readonly admin: boolean;
}

/** The user of a name. @throws {Refusal} When there is none. */
export function findUser({ db }: Pick<Registry, "db">, name: string): User {
  const row = db.get<{ id: number; name: string; admin: number }>("SELECT * FROM user WHERE name = ?", name);
  if (!row) throw new Refusal(404, "userNotFound", `There is no user "${name}"; create it first`);
  return { id: row.id, name: row.name, admin: row.admin === 1 };
}

/** All users, by name. */
export function listUsers({ db }: Pick<Registry, "db">): User[] {
  return db.all<{ id: number; name: string; admin: number }>("SELECT * FROM user ORDER BY name")
    .map(({ id, name, admin }) => ({ id, name, admin: admin === 1 }));
}

/** Add a user. @throws {Refusal} When the name is taken or not a name. */
export function createUser(
  { db, now }: Pick<Registry, "db" | "now">,
  name: string,
  admin: boolean = false,
): User {
  if (!/^[a-z0-9][a-z0-9._-]{0,38}$/.test(name)) {
    throw new Refusal(
      400,
      "badUser",
      `Cannot use "${name}" as a user; write up to 39 small letters, digits, . _ and -`,
    );
  }
  return db.transaction(() => {
    if (db.get("SELECT 1 FROM user WHERE name = ?", name)) {
      throw new Refusal(409, "userExists", `There is a user "${name}" already; choose another name`);
    }
    const { id } = db.run(
      "INSERT INTO user (name, admin, created_at) VALUES (?, ?, ?)",
      name,
      admin ? 1 : 0,
      now().toISOString(),
    );
    return { id, name, admin };
  });
}

/** Whether a scope is this registry's own. */
export function hasScope({ db }: Pick<Registry, "db">, scope: string): boolean {
  return db.get("SELECT 1 FROM scope WHERE name = ?", scope) !== undefined;
}

/** Refuse other scopes. @throws {Refusal} When a scope is not this registry's own. */
export function checkScope(registry: Pick<Registry, "db">, scope: string): void {
  if (hasScope(registry, scope)) return;
  throw new Refusal(
    404,
    "scopeNotFound",
    `There is no scope "${scope}" here; ask an administrator to create it`,
  );
}

/** Make a scope, with a first member. @throws {Refusal} When it exists or may not be called that. */
export function createScope({ db, now }: Pick<Registry, "db" | "now">, scope: string, owner: User): void {
  checkScopeName(scope);
  db.transaction(() => {
    if (hasScope({ db }, scope)) {
      throw new Refusal(409, "scopeExists", `There is a scope "${scope}" already; choose another name`);
    }
    db.run("INSERT INTO scope (name, created_at) VALUES (?, ?)", scope, now().toISOString());
    addMember({ db }, scope, owner);
  });
}

/** Let a user publish in a scope. */
export function addMember({ db }: Pick<Registry, "db">, scope: string, user: User): void {
  checkScope({ db }, scope);
  db.run("INSERT OR IGNORE INTO member (scope, user_id) VALUES (?, ?)", scope, user.id);
}

/** No longer let a user publish in a scope. */
export function removeMember({ db }: Pick<Registry, "db">, scope: string, user: User): void {
  checkScope({ db }, scope);
  db.run("DELETE FROM member WHERE scope = ? AND user_id = ?", scope, user.id);
}

/** Whether a user belongs to a scope. */
export function isMember({ db }: Pick<Registry, "db">, scope: string, userId: number): boolean {
  return db.get("SELECT 1 FROM member WHERE scope = ? AND user_id = ?", scope, userId) !== undefined;
}
