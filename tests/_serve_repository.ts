// For tests: the repository's files over HTTP on 127.0.0.1, for modules that are loaded by URL.
import { join } from "node:path";

/** A server that runs until it is disposed of. */
export interface RepositoryServer extends AsyncDisposable {
  /** Host and port. */
  readonly host: string;
}

/**
 * Serve TypeScript and JSON files, WebAssembly modules and `import_map.json`, which maps the names of packages to their files, or to npm.
 *
 * @param options.resolve Replace the names of packages in modules by absolute URLs and npm specifiers, as a registry does:
 * a module then needs no import map.
 */
export async function serveRepository(
  root: string,
  options: { resolve?: boolean } = {},
): Promise<RepositoryServer> {
  const places = await packagePlaces(root);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, origin } = new URL(request.url);
    if (pathname === "/import_map.json") {
      return Response.json({
        imports: Object.fromEntries(
          [...places].map(([name, place]) => [name, place.startsWith("/") ? origin + place : place]),
        ),
      });
    }
    if (!/^\/(packages|examples)\/[\w./-]+\.(ts|wasm|json)$/.test(pathname) || pathname.includes("..")) {
      return new Response("Not found", { status: 404 });
    }
    if (pathname.endsWith(".wasm")) {
      const module = await Deno.readFile(join(root, pathname));
      return new Response(module, { headers: { "content-type": "application/wasm" } });
    }
    const text = await Deno.readTextFile(join(root, pathname)).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (text === undefined) return new Response("Not found", { status: 404 });
    if (pathname.endsWith(".json")) return Response.json(JSON.parse(text));
    const body = options.resolve
      ? text.replaceAll(/(from |import |import\()"([\w@][^"]*)"/g, (whole, before: string, name: string) => {
        const place = places.get(name);
        return place ? `${before}"${place.startsWith("/") ? origin + place : place}"` : whole;
      })
      : text;
    return new Response(body, { headers: { "content-type": "application/typescript" } });
  });
  return {
    host: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** The file of every name that a package exports, and the npm package of every name in the root's import map. */
async function packagePlaces(root: string): Promise<Map<string, string>> {
  const read = async (path: string) => JSON.parse(await Deno.readTextFile(join(root, path)));
  const { imports } = await read("deno.json") as { imports: Record<string, string> };
  const places = new Map(Object.entries(imports));
  for (const folder of ["core", "plugins-signal", "executor", "cli", "registry-server"]) {
    const { name, exports } = await read(join("packages", folder, "deno.json")) as {
      name: string;
      exports: Record<string, string>;
    };
    for (const [subpath, file] of Object.entries(exports)) {
      places.set(join(name, subpath), join("/packages", folder, file));
    }
  }
  return places;
}
