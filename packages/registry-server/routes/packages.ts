/**
 * Packages and versions: what a publishing client asks, and what can be done with versions.
 * @module
 */
import { z } from "zod";
import { authorize } from "../access/authorize.ts";
import { checkPackageName } from "../catalog/names.ts";
import { checkScope } from "../catalog/scopes.ts";
import { block, getVersion, listVersions, packageMeta, type VersionRow, yank } from "../catalog/versions.ts";
import { Refusal } from "../http/refusal.ts";
import { type Call, type Route, route } from "../http/route.ts";
import { publish } from "../publish/publish.ts";

const VERSION = "/scopes/:scope/packages/:package/versions/:version";
const names = ({ params }: Call) => [params.scope!, params.package!, params.version!] as const;
const reason = z.strictObject({ reason: z.string() });

function describe(row: VersionRow): object {
  const {
    version,
    created_at,
    publisher,
    license,
    description,
    yanked_at,
    yank_reason,
    blocked_at,
    block_reason,
  } = row;
  return {
    version,
    createdAt: created_at,
    publisher,
    license,
    description,
    yanked: yanked_at !== null,
    yankReason: yank_reason,
    blocked: blocked_at !== null,
    blockReason: block_reason,
    manifest: `sha256-${row.manifest}`,
    archive: `sha256-${row.archive}`,
    notices: JSON.parse(row.notices) as string[],
    downloads: row.downloads,
    logIndex: row.log_index,
  };
}

export const packageRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/scopes/:scope",
    summary: "A scope and its packages",
    access: "public",
    answer({ registry, params }) {
      const scope = params.scope!;
      checkScope(registry, scope);
      const rows = registry.db.all<{ name: string }>(
        "SELECT name FROM package WHERE scope = ? ORDER BY name",
        scope,
      );
      return { scope, packages: rows.map(({ name }) => name) };
    },
  }),
  route({
    method: "GET",
    path: "/scopes/:scope/packages/:package",
    // A client that publishes asks this first. A package is made by its first version, so that a scope is enough.
    summary: "A package; one without versions can be published",
    access: "public",
    answer(call) {
      const [scope, name] = names(call);
      checkScope(call.registry, scope);
      checkPackageName(name);
      const meta = packageMeta(call.registry, scope, name);
      return {
        scope,
        name,
        latestVersion: meta?.latest ?? null,
        versionCount: Object.keys(meta?.versions ?? {}).length,
      };
    },
  }),
  route({
    method: "GET",
    path: "/scopes/:scope/packages/:package/versions",
    summary: "Versions of a package, newest first",
    access: "public",
    answer(call) {
      const [scope, name] = names(call);
      checkScope(call.registry, scope);
      return listVersions(call.registry, scope, name).map(describe);
    },
  }),
  route({
    method: "GET",
    path: VERSION,
    summary: "A version",
    access: "public",
    answer(call) {
      const [scope, name, version] = names(call);
      return { scope, package: name, ...describe(getVersion(call.registry, scope, name, version)) };
    },
  }),
  route({
    method: "POST",
    path: VERSION,
    summary: "Publish a version: a gzipped tar archive",
    access: "user",
    query: { config: "Path of the configuration file in the archive, like /deno.json" },
    async answer(call) {
      const [scope, name, version] = names(call);
      const { request, registry, identity, query } = call;
      const announced = request.headers.get("content-length");
      const id = await publish(registry, {
        scope,
        name,
        version,
        config: query.get("config") ?? "/deno.json",
        body: request.body,
        announced: announced === null ? undefined : Number(announced),
        identity,
      });
      return {
        id: String(id),
        status: "success",
        error: null,
        packageScope: scope,
        packageName: name,
        packageVersion: version,
      };
    },
  }),
  route({
    method: "GET",
    path: "/publish_status/:id",
    summary: "What became of an upload",
    access: "public",
    answer({ registry, params }) {
      if (!registry.db.get("SELECT 1 FROM version WHERE id = ?", params.id!)) {
        throw new Refusal(404, "taskNotFound", `There is no upload ${params.id}`);
      }
      return { id: params.id, status: "success", error: null };
    },
  }),
  route({
    method: "PUT",
    path: `${VERSION}/yank`,
    summary: "Take a version out of ranges",
    access: "user",
    body: reason,
    answer(call) {
      const [scope, name, version] = names(call);
      authorize(call.registry, call.identity, { action: "yank", scope, package: name, version });
      yank(call.registry, scope, name, version, call.body.reason);
      return undefined;
    },
  }),
  route({
    method: "DELETE",
    path: `${VERSION}/yank`,
    summary: "Put a version back into ranges",
    access: "user",
    answer(call) {
      const [scope, name, version] = names(call);
      authorize(call.registry, call.identity, { action: "yank", scope, package: name, version });
      yank(call.registry, scope, name, version, undefined);
      return undefined;
    },
  }),
  route({
    method: "PUT",
    path: `${VERSION}/block`,
    summary: "Stop serving a version, for security",
    access: "admin",
    body: reason,
    answer(call) {
      const [scope, name, version] = names(call);
      block(call.registry, scope, name, version, call.body.reason);
      return undefined;
    },
  }),
  route({
    method: "DELETE",
    path: `${VERSION}/block`,
    summary: "Serve a blocked version again",
    access: "admin",
    answer(call) {
      const [scope, name, version] = names(call);
      block(call.registry, scope, name, version, undefined);
      return undefined;
    },
  }),
];
