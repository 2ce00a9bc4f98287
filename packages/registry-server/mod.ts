/**
 * A registry of packages and plugins that stock Deno publishes to and reads from.
 *
 * ```ts
 * import { createScope, createToken, createUser, openRegistry, serve } from "@millrace/registry-server";
 * import assert from "node:assert/strict";
 *
 * using registry = await openRegistry({ data: await Deno.makeTempDir() });
 * const user = createUser(registry, "ada");
 * createScope(registry, "lab", user);
 * const { token } = createToken(registry, user); // JSR_URL=... deno publish --token=...
 * assert.match(token, /^mrt_/);
 *
 * await using server = serve(registry);
 * const response = await fetch(`${server.origin}/api/scopes/lab`);
 * assert.deepEqual(await response.json(), { scope: "lab", packages: [] });
 * ```
 * @module
 */
export * from "./registry.ts";
export * from "./config/limits.ts";
export * from "./catalog/scopes.ts";
export { block, type PackageMeta, packageMeta, resolveRange, yank } from "./catalog/versions.ts";
export * from "./access/tokens.ts";
export * from "./http/server.ts";
export * from "./http/refusal.ts";
