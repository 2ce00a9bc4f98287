/** @jsxImportSource hono/jsx */
// What a package is for and how to use it.
import { raw } from "hono/html";
import type { Child, FC } from "hono/jsx";
import { dependents, pluginsOf } from "../../plugins/search.ts";
import type { PluginDeclaration } from "../../plugins/section.ts";
import { versionSignatures } from "../../trust/signatures.ts";
import { type VersionView, withdrawn } from "../package.tsx";
import { readmeHtml } from "../readme.ts";
import { Types } from "../types.tsx";

const Plugin: FC<{ name: string; plugin: PluginDeclaration }> = ({ name, plugin }) => (
  <section class="card">
    <h3>
      <code>{name}</code>
    </h3>
    {plugin.help && <p>{plugin.help}</p>}
    <Types plugin={plugin} />
    {Object.keys(plugin.options).length > 0 && (
      <details>
        <summary>Options: {Object.keys(plugin.options).join(", ")}</summary>
        <pre tabindex={0}>{JSON.stringify(plugin.options, null, 2)}</pre>
      </details>
    )}
    {Object.entries(plugin.schema).map(([type, columns]) => (
      <details>
        <summary>Columns of {type}</summary>
        <ul>
          {Object.entries(columns).map(([column, kind]) => (
            <li>
              <code>{column}</code> {kind}
            </li>
          ))}
        </ul>
      </details>
    ))}
  </section>
);

/** The commands that install it; none of a version that is not served. */
const Install: FC<{ of: VersionView; isPlugin: boolean }> = ({ of, isPlugin }) => {
  const { origin, full, row } = of;
  if (row.blocked_at !== null) {
    return (
      <p>
        Not this version: it is blocked. Choose <a href={of.link("versions")}>another one</a>.
      </p>
    );
  }
  const wanted = `${full}@${withdrawn(row) ? "" : "^"}${row.version}`;
  const library = <pre tabindex={0}>JSR_URL={origin}/ deno add jsr:{wanted}</pre>;
  if (!isPlugin) return library;
  return (
    <>
      <pre tabindex={0}>millrace plugin add {wanted} --registry {origin}</pre>
      <p>It shows what the plugin wants, asks, and runs it in a sandbox.</p>
      <details>
        <summary>As a library: without sandbox, nobody is asked</summary>
        {library}
      </details>
    </>
  );
};

/** README, plugins, how to install, who vouches for it, who uses it. */
export async function overviewView(of: VersionView): Promise<Child> {
  const { registry, full, row, files, manifest } = of;
  const [scope, name] = full.slice(1).split("/") as [string, string];
  const plugins = Object.entries(pluginsOf(registry, row.id));
  const { engine } = (manifest.millrace ?? {}) as { engine?: string };
  const readme = row.readme !== null && row.blocked_at === null ? files.get(row.readme) : undefined;
  const text = readme && new TextDecoder().decode(await registry.blobs.get(readme.sha256));
  const notices = JSON.parse(row.notices) as string[];
  const { publisher } = versionSignatures(registry, scope, name, row.version);
  const wanted = new Set(plugins.flatMap(([, { permissions }]) => permissions.map(({ name }) => name)));
  const used = dependents(registry, full);
  return (
    <div class="columns">
      <div>
        {plugins.length > 0 && <h2>Plugins{engine && <small>for engine {engine}</small>}</h2>}
        {plugins.map(([each, plugin]) => <Plugin key={each} name={each} plugin={plugin} />)}
        {text === undefined
          ? <p>It has no README.</p>
          : <article class="readme">{raw(readmeHtml(text, `/${full}/${row.version}/`))}</article>}
      </div>
      <aside aria-label="About this version">
        <h2>Install</h2>
        <Install of={of} isPlugin={plugins.length > 0} />
        <h2>About</h2>
        <dl>
          <dt>Licence</dt>
          <dd>{row.license ?? "see its LICENSE"}</dd>
          <dt>Published</dt>
          <dd>
            <time datetime={row.created_at}>{row.created_at.slice(0, 10)}</time> by {row.publisher}
          </dd>
          <dt>Permissions</dt>
          <dd>
            <a href={of.link("permissions")}>
              {wanted.size === 0 ? "none" : [...wanted].sort().join(", ")}
            </a>
          </dd>
          <dt>Downloads</dt>
          <dd>{row.downloads}</dd>
          <dt>Signed by</dt>
          <dd>
            the registry (key <code>{row.key_id}</code>)
            {publisher
              ? (
                <>
                  {" "}and the publisher (key <code>{publisher.keyId}</code>)
                </>
              )
              : ", not by the publisher"}
          </dd>
          <dt>Log</dt>
          <dd>
            <a href={`/log?from=${row.log_index}`}>entry {row.log_index}</a>
          </dd>
        </dl>
        {notices.length > 0 && <h2>Notices</h2>}
        <ul>{notices.map((notice) => <li key={notice}>{notice}</li>)}</ul>
        <h2>Used by</h2>
        {used.length === 0 ? <p>No package here.</p> : (
          <ul>
            {used.map((each) => (
              <li>
                <a href={`/${each.name}`}>{each.name}</a> ({each.range})
              </li>
            ))}
          </ul>
        )}
      </aside>
    </div>
  );
}
