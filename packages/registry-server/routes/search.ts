/**
 * Search, and who uses what.
 * @module
 */
import { getVersion } from "../catalog/versions.ts";
import { type Route, route } from "../http/route.ts";
import { permissionDiff } from "../plugins/permission_diff.ts";
import { dependents, pluginsOf, queryOf, search } from "../plugins/search.ts";

export const searchRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/search",
    summary: "Packages by what their plugins do",
    access: "public",
    query: {
      q: "Words in names and descriptions",
      provides: "Data type that a plugin makes",
      needs: "Data type that a plugin needs",
      permission: "Permission that a plugin wants",
      without: 'Permission that no plugin wants; "any" for plugins that want none',
      license: "Licence",
    },
    answer: ({ registry, query }) => ({ packages: search(registry, queryOf(query)) }),
  }),
  route({
    method: "GET",
    path: "/scopes/:scope/packages/:package/versions/:version/plugins",
    summary: "Plugins of a version, and how the permissions that they want differ from another version's",
    access: "public",
    query: { from: "The other version; default: none, so that all permissions are new" },
    answer({ registry, params, query }) {
      const [scope, name] = [params.scope!, params.package!];
      const from = query.get("from");
      const plugins = pluginsOf(registry, getVersion(registry, scope, name, params.version!).id);
      const before = from === null ? {} : pluginsOf(registry, getVersion(registry, scope, name, from).id);
      return { plugins, permissions: permissionDiff(before, plugins) };
    },
  }),
  route({
    method: "GET",
    path: "/scopes/:scope/packages/:package/dependents",
    summary: "Packages whose latest version depends on this one",
    access: "public",
    answer: ({ registry, params }) => ({
      packages: dependents(registry, `@${params.scope}/${params.package}`),
    }),
  }),
];
