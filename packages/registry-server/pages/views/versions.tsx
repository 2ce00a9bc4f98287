/** @jsxImportSource hono/jsx */
// All versions of a package.
import type { Child } from "hono/jsx";
import { type VersionView, withdrawn } from "../package.tsx";

/** A row a version, newest first. */
export function versionsView({ full, versions, row }: VersionView): Child {
  return (
    <>
      <h2>Versions</h2>
      <div class="scroll" tabindex={0} role="region" aria-label="Versions">
        <table>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Published</th>
              <th scope="col">By</th>
              <th scope="col" class="number">Downloads</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {versions.map((each) => (
              <tr>
                <th scope="row">
                  <a href={`/${full}@${each.version}`} {...each.id === row.id && { "aria-current": "true" }}>
                    {each.version}
                  </a>
                </th>
                <td>
                  <time datetime={each.created_at}>{each.created_at.slice(0, 10)}</time>
                </td>
                <td>{each.publisher}</td>
                <td class="number">{each.downloads}</td>
                <td>{withdrawn(each) || "in use"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
