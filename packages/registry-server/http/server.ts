/**
 * The registry as a server: {@linkcode serve}.
 * @module
 */
import type { Registry } from "../registry.ts";
import { ROUTES } from "../routes/all.ts";
import { apiApp } from "./api.ts";
import { orRefused, packagePlace, pagesApp, wantsPage } from "../pages/app.ts";
import { packagePage } from "../pages/package.tsx";
import { ModuleHost, refuseModule } from "./module_host.ts";
import { RateLimiter } from "./rate_limiter.ts";
import { Refusal } from "./refusal.ts";

/** Where to serve. */
export interface ServeOptions {
  /** Default `127.0.0.1`. */
  readonly hostname?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Origin by which clients reach the server, where that is not where it listens. */
  readonly publicUrl?: string;
  /** Certificate and key, both PEM, to serve HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How long requests under way may take when the server is stopped, ms. Default 5000. */
  readonly grace?: number;
  /** Whether clients' addresses are taken from `X-Forwarded-For`, which a server in front of this one sets. */
  readonly trustProxy?: boolean;
  /** Told of every request but those for modules. */
  readonly onRequest?: (request: AnsweredRequest) => void;
  /** Told of the server's own errors; default: written to standard error. */
  readonly onError?: (error: unknown) => void;
}

/** What is on its way as soon as it is answered, bytes. */
const SMALL = 2 ** 16;

/** A request that was answered. */
export interface AnsweredRequest {
  /** Where it came from. */
  readonly address: string;
  /** HTTP method. */
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** HTTP status. */
  readonly status: number;
  /** Until the answer was ready. */
  readonly ms: number;
}

/** A server that runs until it is disposed of; requests under way are answered first. */
export interface RegistryServer extends AsyncDisposable {
  /** Origin by which clients reach it, without a slash at the end. */
  readonly origin: string;
  /** Port that it listens on. */
  readonly port: number;
  /** Resolves when it has stopped. */
  readonly finished: Promise<void>;
}

/**
 * Serve a registry over HTTP.
 *
 * @throws {TypeError} When the public URL is not an origin.
 * @throws {Deno.errors.AddrInUse} When the port is taken.
 * @throws {Deno.errors.Busy} When another process serves the folder.
 */
export function serve(registry: Registry, options: ServeOptions = {}): RegistryServer {
  const { hostname = "127.0.0.1", port = 0, publicUrl, tls, grace = 5000, onError = console.error } = options;
  const { trustProxy = false, onRequest = () => {} } = options;
  if (publicUrl !== undefined && URL.parse(publicUrl)?.pathname !== "/") {
    throw new TypeError(`Cannot serve as "${publicUrl}": write a scheme, a host and a port, without a path`);
  }
  const lock = lockFolder(registry.temporary);
  removeUnfinished(registry.temporary);
  const host = new ModuleHost(registry);
  const limiter = new RateLimiter(registry.limits);
  const { traffic } = registry;
  const api = apiApp({ registry, routes: ROUTES, limiter, onError });
  const pages = pagesApp(registry, limiter, onError);

  // Deno.serve's own shutdown() waits without end for a client that neither reads nor leaves.
  const open = new Set<Promise<void>>();
  const answered = async (grace: number) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, grace));
    await Promise.race([late, Promise.allSettled(open)]);
    clearTimeout(timer);
  };

  const answer = (
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Response | Promise<Response> => {
    const { url, method } = request;
    const from = url.indexOf("/", 8);
    const query = url.indexOf("?", from);
    const path = url.slice(from, query < 0 ? undefined : query);
    const isModule = path.startsWith("/@") || path.startsWith("/-/");
    if (isModule && method === "GET") { // most requests: nothing more of them is looked at
      const cached = host.cached(path, SMALL);
      if (cached) {
        traffic.add(true, 200, 0);
        return cached;
      }
    }
    return answerFully(request, info, path, isModule);
  };

  const answerFully = async (
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
    path: string,
    isModule: boolean,
  ): Promise<Response> => {
    const { completed } = info;
    open.add(completed);
    const close = () => open.delete(completed);
    completed.then(close, close); // it fails when the client goes away
    const before = performance.now();
    const forwarded = trustProxy
      ? request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim()
      : undefined;
    const address = forwarded || info.remoteAddr.hostname;
    const response = await (isModule ? module : other)(request, path, address);
    const ms = performance.now() - before;
    traffic.add(isModule, response.status, ms);
    if (!isModule) {
      onRequest({ address, method: request.method, path, status: response.status, ms: Math.round(ms) });
    }
    return response;
  };

  const other = (request: Request, path: string, address: string): Response | Promise<Response> => {
    const app = path.startsWith("/api/") ? api : pages;
    return app.fetch(request, { address, origin: reachedBy(request) });
  };

  // Where it listens on all addresses, clients reach it by the one that they write.
  const reachedBy = ({ url }: Request): string =>
    publicUrl === undefined && anyAddress ? new URL(url).origin : origin;

  const module = async (request: Request, path: string, address: string): Promise<Response> => {
    const { method } = request;
    if (method !== "GET" && method !== "HEAD") {
      return refuseModule(
        new Refusal(405, "readOnly", "Modules can only be read", {}, { allow: "GET, HEAD" }),
      );
    }
    try {
      const place = wantsPage(request) ? packagePlace(path) : undefined;
      if (place) {
        return await orRefused(() => {
          limiter.take(address);
          return packagePage(registry, place, new URL(request.url).searchParams, reachedBy(request));
        }, onError);
      }
      return host.cached(path) ?? await host.answer(path);
    } catch (error) {
      if (error instanceof Refusal) return refuseModule(error);
      onError(error);
      return refuseModule(new Refusal(500, "internal", `The registry failed: ${(error as Error).message}`));
    }
  };
  const stop = new AbortController();
  const { signal } = stop;
  const server = listen(
    () => Deno.serve({ hostname, port, ...tls, signal, onListen() {} }, answer),
    `${hostname}:${port}`,
    () => {
      host[Symbol.dispose]();
      lock.close();
    },
  );
  const anyAddress = ["0.0.0.0", "::"].includes(hostname);
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  const origin = publicUrl
    ? new URL(publicUrl).origin
    : `${tls ? "https" : "http"}://${shown}:${server.addr.port}`;
  return {
    origin,
    port: server.addr.port,
    finished: server.finished,
    async [Symbol.asyncDispose]() {
      await answered(grace);
      stop.abort();
      await server.finished;
      host[Symbol.dispose]();
      lock.close();
    },
  };
}

function listen<T>(start: () => T, address: string, undo: () => void): T {
  try {
    return start();
  } catch (error) {
    undo();
    if (error instanceof Deno.errors.AddrInUse) {
      throw new Deno.errors.AddrInUse(
        `Cannot listen on ${address}: another program does; stop it, or choose another port (--port, 0 for any free one)`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Only one server may use a folder: a second one would remove the uploads of the first. A process that dies lets go. */
function lockFolder(temporary: string): Deno.FsFile {
  const lock = Deno.openSync(`${temporary}.lock`, { write: true, create: true });
  if (lock.tryLockSync(true)) return lock;
  lock.close();
  throw new Deno.errors.Busy("Cannot serve the registry: another process serves this folder; stop it first");
}

/** Remove files of uploads that a process left when it died. */
function removeUnfinished(folder: string): void {
  for (const { name } of Deno.readDirSync(folder)) Deno.removeSync(`${folder}/${name}`);
}
