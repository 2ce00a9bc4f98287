/** @jsxImportSource hono/jsx */
/**
 * A version of a package.
 * @module
 */
import { raw } from "hono/html";
import type { FC } from "hono/jsx";
import { listVersions, packageMeta, resolveRange, type VersionRow } from "../catalog/versions.ts";
import { Refusal } from "../http/refusal.ts";
import { dependents, pluginsOf } from "../plugins/search.ts";
import { permissionDiff } from "../plugins/permission_diff.ts";
import type { PluginDeclaration, PluginPermission } from "../plugins/section.ts";
import type { Registry } from "../registry.ts";
import { page } from "./layout.tsx";
import { readmeHtml } from "./readme.ts";

const Permissions: FC<{ title: string; permissions: readonly PluginPermission[] }> = (
  { title, permissions },
) =>
  permissions.length === 0 ? null : (
    <>
      <h3>{title}</h3>
      <ul>
        {permissions.map(({ name, value, reason }) => (
          <li>
            <code>--allow-{name}={value}</code>: {reason}
          </li>
        ))}
      </ul>
    </>
  );

const Plugin: FC<{ name: string; plugin: PluginDeclaration }> = ({ name, plugin }) => (
  <section>
    <h3>
      <code>{name}</code>
    </h3>
    {plugin.help && <p>{plugin.help}</p>}
    <p class="types">{plugin.dependsOn.join(", ") || "files"} → {plugin.provides.join(", ")}</p>
    {Object.keys(plugin.options).length > 0 && <p>Options: {Object.keys(plugin.options).join(", ")}</p>}
  </section>
);

function state({ yanked_at, yank_reason, blocked_at, block_reason }: VersionRow): string {
  if (blocked_at !== null) return `blocked: ${block_reason}`;
  return yanked_at !== null ? `yanked: ${yank_reason}` : "";
}

/** @throws {Refusal} When there is no such version. */
export async function packagePage(
  registry: Registry,
  scope: string,
  name: string,
  range: string,
): Promise<Response> {
  const versions = listVersions(registry, scope, name);
  const meta = packageMeta(registry, scope, name);
  const wanted = meta && resolveRange(meta, range) || range;
  const row = versions.find(({ version }) => version === wanted) ?? (range === "*" ? versions[0] : undefined);
  if (!row) throw new Refusal(404, "notFound", `There is no version of @${scope}/${name} in "${range}" here`);
  const full = `@${scope}/${name}`;
  const plugins = pluginsOf(registry, row.id);
  const earlier = versions[versions.indexOf(row) + 1];
  const { added, removed, kept } = permissionDiff(earlier ? pluginsOf(registry, earlier.id) : {}, plugins);
  const files = registry.db.all<{ path: string; size: number; sha256: string }>(
    "SELECT path, size, sha256 FROM file WHERE version_id = ? ORDER BY path",
    row.id,
  );
  const readme = files.find(({ path }) => path === row.readme);
  const text = readme && row.blocked_at === null
    ? new TextDecoder().decode(await registry.blobs.get(readme.sha256))
    : undefined;
  const base = `/${full}/${row.version}`;
  return page({
    title: `${full}@${row.version}`,
    children: (
      <>
        <h1>
          {full} <small>{row.version}</small>
        </h1>
        {state(row) && <p class="warning">This version is {state(row)}</p>}
        {row.description && <p>{row.description}</p>}
        <pre tabindex={0}>deno add jsr:{full}@^{row.version}</pre>
        <p>
          {row.license ?? "Licence: see LICENSE"} · published by {row.publisher} on{" "}
          {row.created_at.slice(0, 10)} · entry {row.log_index} of the{" "}
          <a href={`/log?from=${row.log_index}`}>log</a>
        </p>
        <h2>Permissions</h2>
        {added.length + kept.length === 0 && <p>None of its plugins wants any.</p>}
        <Permissions title={earlier ? `New since ${earlier.version}` : "Wanted"} permissions={added} />
        <Permissions title="As before" permissions={kept} />
        <Permissions title={`No longer wanted since ${earlier?.version}`} permissions={removed} />
        {Object.keys(plugins).length > 0 && <h2>Plugins</h2>}
        {Object.entries(plugins).map(([each, plugin]) => <Plugin key={each} name={each} plugin={plugin} />)}
        {text !== undefined && <article>{raw(readmeHtml(text, `${base}/`))}</article>}
        <h2>Versions</h2>
        <ul>
          {versions.map((each) => (
            <li>
              <a href={`/${full}@${each.version}`}>{each.version}</a>{" "}
              <small>{each.downloads} downloads {state(each)}</small>
            </li>
          ))}
        </ul>
        <h2>Files</h2>
        <table>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Bytes</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {files.map(({ path, size, sha256 }) => (
              <tr>
                <td>
                  <a href={base + encodeURI(path)}>{path}</a>
                </td>
                <td>{size}</td>
                <td>
                  <code>{sha256.slice(0, 16)}…</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <h2>Used by</h2>
        <ul>
          {dependents(registry, full).map((each) => (
            <li>
              <a href={`/${each.name}`}>{each.name}</a> {each.range}
            </li>
          ))}
        </ul>
      </>
    ),
  });
}
