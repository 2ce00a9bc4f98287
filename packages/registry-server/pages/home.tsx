/** @jsxImportSource hono/jsx */
/**
 * Search, which is the first page.
 * @module
 */
import type { Registry } from "../registry.ts";
import { search } from "../plugins/search.ts";
import { page } from "./layout.tsx";

/** Packages that fit the query, the most downloaded first. */
export function homePage(registry: Registry, query: URLSearchParams): Response {
  const given = (name: string) => query.get(name) || undefined;
  const found = search(registry, {
    text: given("q"),
    provides: given("provides"),
    needs: given("needs"),
    without: given("without"),
    license: given("license"),
  });
  return page({
    title: "Packages",
    search: given("q") ?? "",
    children: (
      <>
        <h1>Packages</h1>
        <form action="/" method="get" class="facets">
          <input type="hidden" name="q" value={given("q") ?? ""} />
          <label>
            Provides <input name="provides" value={given("provides") ?? ""} />
          </label>
          <label>
            Needs <input name="needs" value={given("needs") ?? ""} />
          </label>
          <label>
            <input type="checkbox" name="without" value="any" checked={given("without") === "any"} />{" "}
            Needs no permission
          </label>
          <button type="submit">Narrow</button>
        </form>
        {found.length === 0 ? <p>Nothing was found.</p> : (
          <ul class="packages">
            {found.map(({ name, version, description, license, downloads, plugins }) => (
              <li>
                <a href={`/${name}`}>{name}</a> {version}{" "}
                <small>{license ?? "see LICENSE"}, {downloads} downloads</small>
                {description && <p>{description}</p>}
                {Object.values(plugins).map(({ provides, dependsOn }) => (
                  <p class="types">{dependsOn.join(", ") || "files"} → {provides.join(", ")}</p>
                ))}
              </li>
            ))}
          </ul>
        )}
      </>
    ),
  });
}
