/**
 * Search, and who uses what.
 * @module
 */
import { type Route, route } from "../http/route.ts";
import { dependents, search } from "../plugins/search.ts";

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
    answer({ registry, query }) {
      const given = (name: string) => query.get(name) || undefined;
      return {
        packages: search(registry, {
          text: given("q"),
          provides: given("provides"),
          needs: given("needs"),
          permission: given("permission"),
          without: given("without"),
          license: given("license"),
        }),
      };
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
