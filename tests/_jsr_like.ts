// For tests: a server that answers as jsr.io does, as far as that is known: its files, headers and errors.
import { createHash } from "node:crypto";

const HEADERS = {
  "content-security-policy": "default-src 'none'; sandbox",
  "x-robots-tag": "noindex",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "cross-origin",
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "*",
  "vary": "Origin, Accept-Encoding",
  "x-jsr-backend": "modules",
};
const MODULE = /^\/@[^/]+\/[^/]+\/(?:meta\.json|\d[^/]*_meta\.json|\d[^/]*\/.*)$/;

/** A package: text of files by path, by version. */
export interface JsrPackage {
  readonly name: string;
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly yanked?: readonly string[];
}

/** A server of packages. */
export interface JsrLike extends AsyncDisposable {
  readonly origin: string;
  /** What was asked. */
  readonly requests: Request[];
  /** May answer instead. */
  change: ((path: string) => Response | undefined) | undefined;
}

/** Serves packages. */
export function serveLikeJsr(packages: readonly JsrPackage[]): JsrLike {
  const files = new Map(packages.flatMap((each) => [...filesOf(each)]));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request): Response => {
    fake.requests.push(request);
    const path = decodeURI(new URL(request.url).pathname);
    const changed = fake.change?.(path);
    if (changed) return changed;
    // Browsers get pages where programs get files.
    if (!MODULE.test(path) || request.headers.get("accept")?.startsWith("text/html")) return page(200);
    const text = files.get(path);
    return text === undefined ? page(404) : file(path, text);
  });
  const fake: JsrLike = {
    origin: `http://127.0.0.1:${server.addr.port}`,
    requests: [],
    change: undefined as ((path: string) => Response | undefined) | undefined,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return fake;
}

function* filesOf({ name, versions, yanked = [] }: JsrPackage): Generator<[path: string, text: string]> {
  const [scope, plain] = name.slice(1).split("/");
  yield [
    `/${name}/meta.json`,
    JSON.stringify({
      scope,
      name: plain,
      latest: Object.keys(versions).findLast((version) => !yanked.includes(version)),
      versions: Object.fromEntries(
        Object.keys(versions).map((version) => [version, {
          ...yanked.includes(version) && { yanked: true },
          createdAt: "2024-05-01T12:00:00.000000Z",
        }]),
      ),
    }),
  ];
  for (const [version, files] of Object.entries(versions)) {
    yield [`/${name}/${version}_meta.json`, manifestOf(files)];
    for (const [path, text] of Object.entries(files)) yield [`/${name}/${version}${path}`, text];
  }
}

function manifestOf(files: Readonly<Record<string, string>>): string {
  const manifest = Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, {
      size: new TextEncoder().encode(text).length,
      checksum: `sha256-${createHash("sha256").update(text).digest("hex")}`,
    }]),
  );
  return JSON.stringify({ manifest, moduleGraph2: {}, exports: { ".": "./mod.ts" } });
}

function file(path: string, text: string): Response {
  const type = path.endsWith(".json") ? "application/json" : "text/typescript";
  const cache = path.endsWith("/meta.json")
    ? "public, max-age=0, must-revalidate"
    : "public, max-age=31536000, immutable";
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(packed, {
    headers: {
      ...HEADERS,
      "content-type": type,
      "content-encoding": "gzip",
      "cache-control": cache,
      etag: `"${path.length}"`,
    },
  });
}

function page(status: number): Response {
  const headers = { "content-type": "text/html; charset=utf-8", "x-jsr-backend": "frontend" };
  return new Response("<!doctype html><title>JSR</title>", { status, headers });
}
