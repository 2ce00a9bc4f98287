/** @jsxImportSource hono/jsx */
/**
 * Search, which is the first page.
 * @module
 */
import type { Registry } from "../registry.ts";
import { facets, queryOf, search } from "../plugins/search.ts";
import { page } from "./layout.tsx";
import { Types } from "./types.tsx";

/** Most packages on the page. */
const SHOWN = 50;

/** Packages that fit the query, the most downloaded first. */
export function homePage(registry: Registry, query: URLSearchParams): Response {
  const asked = queryOf(query);
  const found = search(registry, { ...asked, limit: SHOWN });
  const known = facets(registry);
  return page({
    title: "Packages",
    search: asked.text ?? "",
    children: (
      <>
        <h1>Packages</h1>
        <form action="/" method="get" class="facets" aria-label="Narrow the search">
          {asked.text && <input type="hidden" name="q" value={asked.text} />}
          {(["provides", "needs", "license"] as const).map((name) => (
            <label>
              {{ provides: "Provides", needs: "Needs", license: "Licence" }[name]}
              <input name={name} value={asked[name] ?? ""} list={`known-${name}`} autocomplete="off" />
              <datalist id={`known-${name}`}>
                {known[name].map((value) => <option key={value} value={value}></option>)}
              </datalist>
            </label>
          ))}
          <label>
            Wants the permission
            <select name="permission">
              <option value="">any or none</option>
              {known.permission.map((name) => (
                <option value={name} selected={name === asked.permission}>{name}</option>
              ))}
            </select>
          </label>
          <label class="check">
            <input type="checkbox" name="without" value="any" checked={asked.without === "any"} />{" "}
            Wants no permission
          </label>
          <button type="submit">Narrow</button>
        </form>
        <p class="meta" role="status">
          {found.length === SHOWN ? `The ${SHOWN} most downloaded` : `${found.length} found`}
        </p>
        {found.length === 0
          ? <p>No package fits. Use fewer words, or leave out a condition.</p>
          : (
            <ul class="packages">
              {found.map(({ name, version, description, license, downloads, plugins }) => (
                <li>
                  <h2>
                    <a href={`/${name}`}>{name}</a>
                  </h2>
                  {description && <p>{description}</p>}
                  {Object.entries(plugins).map(([each, plugin]) => <Types key={each} plugin={plugin} />)}
                  <p class="meta">
                    {version} · {license ?? "licence in a file"} · {downloads}{" "}
                    {downloads === 1 ? "download" : "downloads"}
                  </p>
                </li>
              ))}
            </ul>
          )}
      </>
    ),
  });
}
