/** @jsxImportSource hono/jsx */
// Documentation from the types and comments of the code.
import { raw } from "hono/html";
import type { Child, FC } from "hono/jsx";
import { type ExportedSymbol, versionDocs } from "../docs.ts";
import type { VersionView } from "../package.tsx";
import { readmeHtml } from "../readme.ts";

const Doc: FC<{ text: string; base: string }> = ({ text, base }) =>
  text === "" ? null : <div class="doc">{raw(readmeHtml(markdownOf(text), base))}</div>;

/** Links to symbols as code, tags as paragraphs. */
function markdownOf(doc: string): string {
  return doc.replace(/\{@link(?:code|plain)?\s+([^}|]+)(?:\|[^}]*)?\}/g, "`$1`")
    .replace(/^@(\w+) ?/gm, (_whole, tag: string) => `\n**${tag}** `);
}

const Entry: FC<{ symbol: ExportedSymbol; subpath: string; base: string }> = ({ symbol, subpath, base }) => {
  const { name, declarations, from } = symbol;
  return (
    <section class="card" id={idOf(subpath, name)}>
      <h3>
        <code>{name}</code> <small>{declarations[0]?.kind ?? `from ${from}`}</small>
      </h3>
      {declarations.map(({ signature, doc, members }) => (
        <>
          <pre tabindex={0}>{signature}</pre>
          <Doc text={doc} base={base} />
          {members.length > 0 && (
            <ul class="members">
              {members.map((member) => (
                <li>
                  <code>{member.signature}</code>
                  <Doc text={member.doc} base={base} />
                </li>
              ))}
            </ul>
          )}
        </>
      ))}
    </section>
  );
};

const idOf = (subpath: string, name: string) => `${subpath}:${name}`;

/** Exports with their symbols. */
export async function docsView({ registry, row, full, files, manifest }: VersionView): Promise<Child> {
  if (row.blocked_at !== null) return <p>A blocked version is not shown.</p>;
  const hashes = new Map([...files].map(([path, { sha256 }]) => [path, sha256]));
  const docs = await versionDocs(registry, row.manifest, hashes, manifest.exports);
  const base = `/${full}/${row.version}/`;
  return (
    <>
      {docs.map(({ subpath, doc, symbols }) => (
        <>
          <h2>
            <code>{full}{subpath.slice(1)}</code>
          </h2>
          <Doc text={doc} base={base} />
          <p class="index">
            {symbols.map(({ name }) => <a key={name} href={`#${idOf(subpath, name)}`}>{name}</a>)}
          </p>
          {symbols.map((symbol) => <Entry key={symbol.name} symbol={symbol} subpath={subpath} base={base} />)}
        </>
      ))}
    </>
  );
}
