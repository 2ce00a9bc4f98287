// For tests: a registry of npm packages on 127.0.0.1 with one package.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";

/** A package as npm's clients know it. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Text of its files by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Serves a package, and nothing else; `origin` is for .npmrc. */
export async function serveNpmPackage(
  { name, version, files }: NpmPackage,
): Promise<AsyncDisposable & { origin: string }> {
  const manifest = { name, version, type: "module", exports: "./mod.js" };
  const entries = Object.entries({ "package.json": JSON.stringify(manifest), ...files });
  const archive = new Uint8Array(gzipSync(
    await packTar(entries.map(([path, body]) => ({
      header: { name: `package/${path}`, size: new TextEncoder().encode(body).length },
      body,
    }))),
  ));
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { origin } = new URL(request.url);
    const pathname = decodeURIComponent(new URL(request.url).pathname);
    if (pathname === `/${name}.tgz`) return new Response(archive);
    if (pathname !== `/${name}`) return new Response("not found", { status: 404 });
    const dist = { tarball: `${origin}/${name}.tgz`, integrity };
    return Response.json({
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...manifest, dist } },
    });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
