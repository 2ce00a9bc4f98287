// For tests: a registry of npm packages on 127.0.0.1.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";

/** A package as npm's clients know it. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Text of its files by path. */
  readonly files: Readonly<Record<string, string>>;
  /** More fields of its package.json, or others. Default: ES modules, of which `mod.js` is the package's own. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** What the registry says of its archive, instead of its SHA-512. */
  readonly integrity?: string | null;
}

/** Serves packages, and nothing else, as they are at the time of a request; `origin` is for .npmrc. */
export function serveNpm(
  packages: readonly NpmPackage[],
): AsyncDisposable & { readonly origin: string; readonly requests: readonly string[] } {
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { origin, pathname: path } = new URL(request.url);
    const pathname = decodeURIComponent(path);
    requests.push(pathname);
    for (const each of packages) {
      if (pathname === `/${each.name}-${each.version}.tgz`) return new Response(await archiveOf(each));
    }
    const versions = packages.filter(({ name }) => pathname === `/${name}`);
    if (versions.length === 0) return new Response("not found", { status: 404 });
    const entries = versions.map(async (each) => {
      const integrity = each.integrity === undefined
        ? `sha512-${createHash("sha512").update(await archiveOf(each)).digest("base64")}`
        : each.integrity;
      const tarball = `${origin}/${each.name}-${each.version}.tgz`;
      return [each.version, {
        ...manifestOf(each),
        dist: { tarball, ...integrity === null ? {} : { integrity } },
      }];
    });
    return Response.json({
      name: versions[0]!.name,
      "dist-tags": { latest: versions.at(-1)!.version },
      versions: Object.fromEntries(await Promise.all(entries)),
    });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}/`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const manifestOf = ({ name, version, manifest }: NpmPackage) => ({
  name,
  version,
  type: "module",
  exports: "./mod.js",
  ...manifest,
});

async function archiveOf(each: NpmPackage): Promise<Uint8Array<ArrayBuffer>> {
  const entries = Object.entries({ "package.json": JSON.stringify(manifestOf(each)), ...each.files });
  const tar = await packTar(entries.map(([path, body]) => ({
    header: { name: `package/${path}`, size: new TextEncoder().encode(body).length, mtime: new Date(0) },
    body,
  })));
  return new Uint8Array(gzipSync(tar));
}
