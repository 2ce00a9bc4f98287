// Commands work on a registry's folder, or on a running server: both through the routes of the API.

import { join } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { apiApp } from "../http/api.ts";
import { RateLimiter } from "../http/rate_limiter.ts";
import { Refusal } from "../http/refusal.ts";
import { isFile } from "../maintenance/backup.ts";
import { openRegistry } from "../registry.ts";
import { ROUTES } from "../routes/all.ts";

/** Where a registry is, as options say it. */
export interface Place {
  readonly data?: string | undefined;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

/** A registry that can be asked, whether by its folder or over the network. */
export interface Administration extends Disposable {
  /** What the registry is called in messages. */
  readonly name: string;
  /** Whether it is asked over the network. */
  readonly remote: boolean;
  /** A request to the API. @throws {Refusal} When it is refused. @throws {Error} When the server cannot be reached. */
  call<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<T>;
  /** The same, for an answer that is no JSON. */
  fetch(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<Response>;
}

/** Add the options that say where the registry is. */
export function placed<A extends unknown[]>(
  command: Command<A>,
): Command<A, { data?: string; url?: string; token?: string }> {
  command
    .option("--data <folder>", "the registry's folder (a server may be using it)")
    .option("--url <origin>", "a running server instead, like http://127.0.0.1:8000")
    .option("--token <token>", "what it is asked with (default: the variable MILLRACE_TOKEN)");
  return command as unknown as Command<A, { data?: string; url?: string; token?: string }>;
}

/** Open what options name. @throws {TypeError} When they name nothing, or both. */
export async function administrate({ data, url, token }: Place): Promise<Administration> {
  if ((data === undefined) === (url === undefined)) {
    throw new TypeError("Cannot tell which registry is meant: give either --data FOLDER or --url ORIGIN");
  }
  return data === undefined ? remote(url!, token ?? environmentToken()) : await local(data);
}

async function local(data: string): Promise<Administration> {
  if (!await isFile(join(data, "registry.sqlite"))) {
    throw new TypeError(
      `There is no registry in "${data}"; make one with millrace registry serve --data ${data}`,
    );
  }
  const registry = await openRegistry({ data });
  const limiter = new RateLimiter(registry.limits);
  let failed: unknown;
  const app = apiApp({ registry, routes: ROUTES, limiter, onError: (error) => failed = error });
  const env = { address: "command line", origin: "http://registry.invalid", operator: true };
  return asking(data, false, (request) => Promise.resolve(app.fetch(request, env)), () => failed, () => {
    registry[Symbol.dispose]();
  });
}

function remote(url: string, token: string | undefined): Administration {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.pathname !== "/") {
    throw new TypeError(
      `Cannot use "${url}" as a registry: write a scheme, a host and a port, without a path`,
    );
  }
  const { origin } = parsed;
  return asking(
    origin,
    true,
    async (request) => {
      const headers = new Headers(request.headers);
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      const { pathname, search } = new URL(request.url);
      const body = request.body ? await request.text() : null;
      try {
        return await fetch(origin + pathname + search, { method: request.method, headers, body });
      } catch (cause) {
        throw new Error(`Cannot reach the registry at ${origin}: is it running?`, { cause });
      }
    },
    () => undefined,
    () => {},
  );
}

function asking(
  name: string,
  remote: boolean,
  send: (request: Request) => Promise<Response>,
  failed: () => unknown,
  dispose: () => void,
): Administration {
  const ask: Administration["fetch"] = async (method, path, body) => {
    const response = await send(
      new Request(`http://registry.invalid/api${path}`, {
        method,
        ...body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } },
      }),
    );
    if (response.ok) return response;
    const cause = failed();
    if (cause !== undefined) throw cause;
    const text = await response.text();
    let told: { code?: string; message?: string };
    try {
      told = JSON.parse(text);
    } catch {
      throw new Error(
        `Cannot understand the answer of ${name} to ${method} ${path}: is it a registry? ${text}`,
      );
    }
    throw new Refusal(response.status, told.code ?? "refused", told.message ?? text);
  };
  return {
    name,
    remote,
    fetch: ask,
    async call<T>(method: Parameters<typeof ask>[0], path: string, body?: object) {
      const response = await ask(method, path, body);
      return (response.status === 204 ? undefined : await response.json()) as T;
    },
    [Symbol.dispose]: dispose,
  };
}

function environmentToken(): string | undefined {
  const name = { name: "env", variable: "MILLRACE_TOKEN" } as const;
  return Deno.permissions.querySync(name).state === "granted" ? Deno.env.get(name.variable) : undefined;
}
