/**
 * Users, scopes, tokens and the audit.
 * @module
 */
import { z } from "zod";
import { readAudit } from "../access/audit.ts";
import { authorize, authorizeAdmin, covers, isAdmin, type Target } from "../access/authorize.ts";
import { createToken, listTokens, type Permission, revokeToken } from "../access/tokens.ts";
import { addMember, createScope, createUser, findUser, listUsers, removeMember } from "../catalog/scopes.ts";
import { Refusal } from "../http/refusal.ts";
import { type Route, route } from "../http/route.ts";

const permission: z.ZodType<Permission> = z.strictObject({
  action: z.enum(["publish", "yank", "manage"]).optional(),
  scope: z.string().optional(),
  package: z.string().optional(),
  version: z.string().optional(),
  archive: z.string().regex(/^[0-9a-f]{64}$/).optional(),
}) as z.ZodType<Permission>;

const membership = (method: "PUT" | "DELETE", summary: string, change: typeof addMember): Route =>
  route({
    method,
    path: "/scopes/:scope/members/:user",
    summary,
    access: "user",
    answer({ registry, identity, params }) {
      authorize(registry, identity, { action: "manage", scope: params.scope! });
      change(registry, params.scope!, findUser(registry, params.user!));
      return undefined;
    },
  });

export const accessRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/user",
    summary: "Whose token this is, and what it allows",
    access: "user",
    answer: ({ identity: { user, permissions } }) => ({ name: user.name, admin: user.admin, permissions }),
  }),
  route({
    method: "GET",
    path: "/users",
    summary: "All users",
    access: "admin",
    answer: ({ registry }) => listUsers(registry).map(({ name, admin }) => ({ name, admin })),
  }),
  route({
    method: "POST",
    path: "/users",
    summary: "Add a user",
    access: "admin",
    body: z.strictObject({ name: z.string(), admin: z.boolean().default(false) }),
    answer({ registry, body }) {
      const { name, admin } = createUser(registry, body.name, body.admin);
      return { name, admin };
    },
  }),
  route({
    method: "GET",
    path: "/scopes",
    summary: "All scopes, with the number of their packages",
    access: "public",
    answer: ({ registry }) => ({
      scopes: registry.db.all(
        `SELECT scope.name AS scope, count(package.id) AS packages
         FROM scope LEFT JOIN package ON package.scope = scope.name GROUP BY scope.name ORDER BY scope.name`,
      ),
    }),
  }),
  route({
    method: "POST",
    path: "/scopes",
    summary: "Add a scope, with its first member",
    access: "admin",
    body: z.strictObject({ scope: z.string(), owner: z.string().optional() }),
    answer({ registry, identity, body }) {
      const owner = findUser(registry, body.owner ?? identity.user.name);
      createScope(registry, body.scope, owner);
      return { scope: body.scope, owner: owner.name };
    },
  }),
  membership("PUT", "Let a user publish in a scope", addMember),
  membership("DELETE", "No longer let a user publish in a scope", removeMember),
  route({
    method: "GET",
    path: "/tokens",
    summary: "One's own tokens, without their secrets",
    access: "user",
    query: { user: 'Name of another user, or "*" for all; for administrators' },
    answer({ registry, identity, query }) {
      const name = query.get("user");
      if (name === null) return listTokens(registry, identity.user);
      authorizeAdmin(identity);
      return listTokens(registry, name === "*" ? undefined : findUser(registry, name));
    },
  }),
  route({
    method: "POST",
    path: "/tokens",
    summary: "Make a token that allows no more than the one it is made with; it is shown once",
    access: "user",
    body: z.strictObject({
      label: z.string().max(100).default(""),
      permissions: z.array(permission).min(1).max(100),
      expiresAt: z.iso.datetime().optional(),
      /** For administrators: another user, whose token it is. */
      user: z.string().optional(),
    }),
    answer({ registry, identity, body }) {
      for (const wanted of body.permissions) {
        if (identity.permissions.some((own) => covers(own, wanted as Target))) continue;
        throw new Refusal(
          403,
          "tokenTooNarrow",
          `A token cannot make one that allows more; leave out ${JSON.stringify(wanted)}`,
        );
      }
      const { label, permissions, user } = body;
      if (user !== undefined) authorizeAdmin(identity);
      // No token outlives the one that it is made with, nor its revocation.
      const ends = [body.expiresAt, user === undefined ? identity.expiresAt : null]
        .filter((time) => typeof time === "string").map((time) => new Date(time).getTime());
      return createToken(registry, user === undefined ? identity.user : findUser(registry, user), {
        label,
        permissions,
        ...ends.length > 0 && { expiresAt: new Date(Math.min(...ends)) },
        ...user === undefined && { parent: identity.tokenId },
      });
    },
  }),
  route({
    method: "DELETE",
    path: "/tokens/:id",
    summary: "Make one of one's own tokens worthless, and those made with it; administrators: anybody's",
    access: "user",
    answer({ registry, identity, params }) {
      revokeToken(registry, Number(params.id), isAdmin(identity) ? undefined : identity.user);
      return undefined;
    },
  }),
  route({
    method: "GET",
    path: "/audit",
    summary: "Requests that changed something, or tried to, newest first",
    access: "admin",
    query: { before: "Id of the row to go on after" },
    answer({ registry, query }) {
      return readAudit(registry, Number(query.get("before") ?? Number.MAX_SAFE_INTEGER), 100);
    },
  }),
];
