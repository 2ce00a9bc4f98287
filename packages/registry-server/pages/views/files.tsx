/** @jsxImportSource hono/jsx */
// What a version consists of.
import type { Child } from "hono/jsx";
import { Refusal } from "../../http/refusal.ts";
import { mediaType } from "../../http/media_type.ts";
import type { VersionView } from "../package.tsx";

/** Largest file whose text is shown, bytes. */
const SHOWN = 2 ** 18;

/** All files, or the text of the one in `file`. */
export async function filesView(of: VersionView): Promise<Child> {
  const path = of.query.get("file");
  return path === null ? listOf(of) : await textOf(of, path);
}

function listOf({ files, link }: VersionView): Child {
  return (
    <>
      <h2>Files</h2>
      <div class="scroll" tabindex={0} role="region" aria-label="Files">
        <table>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col" class="number">Bytes</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {[...files].map(([path, { size, sha256 }]) => (
              <tr>
                <th scope="row">
                  <a href={link("files", { file: path })}>{path.slice(1)}</a>
                </th>
                <td class="number">{size}</td>
                <td>
                  <code title={sha256}>{sha256.slice(0, 16)}…</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

async function textOf({ registry, files, full, row, link }: VersionView, path: string): Promise<Child> {
  const file = files.get(path);
  if (!file) throw new Refusal(404, "notFound", `There is no file "${path}" in ${full}@${row.version}`);
  const plain = `/${full}/${row.version}${encodeURI(path)}`;
  const readable = /^text\/|typescript|javascript|json/.test(mediaType(path));
  const text = row.blocked_at !== null
    ? undefined
    : readable && file.size <= SHOWN
    ? new TextDecoder().decode(await registry.blobs.get(file.sha256))
    : undefined;
  return (
    <>
      <h2>
        <a href={link("files")}>Files</a> / {path.slice(1)}
      </h2>
      <p>
        {file.size} bytes · SHA-256 <code>{file.sha256}</code> · <a href={plain}>as published</a>
      </p>
      {text === undefined
        ? <p>It is not shown here.</p>
        : <pre class="source" tabindex={0} aria-label={`Text of ${path.slice(1)}`}>{text}</pre>}
    </>
  );
}
