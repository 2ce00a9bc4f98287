// registry serve
import type { Command } from "@commander-js/extra-typings";
import { createToken } from "../access/tokens.ts";
import { createUser } from "../catalog/scopes.ts";
import { DEFAULT_LIMITS, type Limits } from "../config/limits.ts";
import { serve } from "../http/server.ts";
import type { SampleCheck } from "../publish/samples.ts";
import { openRegistry, type Registry } from "../registry.ts";
import { parseWhole } from "./_parse.ts";
import type { Terminal } from "./_terminal.ts";

const HELP = `
The first start makes the folder and prints a token of the administrator, once. The registry's address goes to standard
output; a line of JSON for everything that happens goes to standard error. The server stops at SIGINT or SIGTERM, after
the requests under way. With --check-samples, code that is uploaded runs in a sandbox: that needs the permission
--allow-run=/bin/sh and takes about half a second for each plugin that has a sample. Behind another server, give --public-url and --trust-proxy.

Limits: ${
  Object.entries(DEFAULT_LIMITS).map(([name, value]) => `${name}=${value}`).join(", ")
} (bytes, ms, counts).

Examples:
  millrace registry serve --data ./registry
  millrace registry serve --data ./registry --host 0.0.0.0 --port 443 --tls-cert cert.pem --tls-key key.pem
  millrace registry serve --data ./registry --upstream https://jsr.io --public-url https://plugins.lab.example
`;

/** Add the command that serves. */
export function addServe(program: Command, terminal: Terminal, samples?: SampleCheck): void {
  program.command("serve")
    .description("Serve a registry until a signal comes")
    .requiredOption("--data <folder>", "the registry's folder; made where it is missing")
    .option("--port <number>", "port to listen on; 0 for any free one", "8000")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--upstream <url>", "registry to read packages of other scopes from")
    .option("--public-url <url>", "origin by which clients reach this server")
    .option("--trust-proxy", "take clients' addresses from X-Forwarded-For")
    .option("--tls-cert <file>", "certificate (PEM), to serve HTTPS")
    .option("--tls-key <file>", "its key (PEM)")
    .option("--check-samples", "refuse plugins whose samples come out wrong in a sandbox of this machine")
    .option("--limit <name=value...>", "set a limit, see below")
    .addHelpText("after", HELP)
    .action(async (options) => {
      const { data, upstream, publicUrl, trustProxy, tlsCert, tlsKey, host } = options;
      const port = parseWhole(options.port, "--port", 0, 65535);
      const limits = parseLimits(options.limit ?? []);
      if ((tlsCert === undefined) !== (tlsKey === undefined)) {
        throw new TypeError("Cannot serve HTTPS: give both --tls-cert and --tls-key");
      }
      const tls = tlsCert && tlsKey
        ? { cert: await Deno.readTextFile(tlsCert), key: await Deno.readTextFile(tlsKey) }
        : undefined;
      const log = (event: string, fields: object) =>
        terminal.err(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
      if (options.checkSamples && !samples) {
        throw new TypeError(
          "Cannot check samples: this program has no sandbox; start the registry with millrace registry",
        );
      }
      using registry = await openRegistry({
        data,
        limits,
        ...upstream !== undefined && { upstream },
        ...options.checkSamples && samples && { checkSamples: samples },
      });
      await using server = serve(registry, {
        hostname: host,
        port,
        ...publicUrl !== undefined && { publicUrl },
        ...tls && { tls },
        ...trustProxy && { trustProxy },
        onError: (error) => log("error", { message: error instanceof Error ? error.stack : String(error) }),
        onRequest: (request) => log("request", request),
      });
      const ended = Promise.withResolvers<void>();
      const forget = terminal.onSignal(() => ended.resolve());
      greet(registry, terminal);
      terminal.out(`Listening on ${server.origin}\n`);
      log("listening", { origin: server.origin, data, upstream });
      await ended.promise;
      forget();
      log("stopping", {});
    });
}

function greet(registry: Registry, { out }: Terminal): void {
  if (registry.db.get("SELECT 1 FROM user")) return;
  const { token } = createToken(registry, createUser(registry, "admin", true), { label: "first start" });
  out(`Token of the administrator, shown this once: ${token}\n`);
}

function parseLimits(texts: readonly string[]): Partial<Limits> {
  const names = Object.keys(DEFAULT_LIMITS);
  return Object.fromEntries(texts.map((text) => {
    const [, name = text, value = ""] = /^(\w+)=(.*)$/.exec(text) ?? [];
    if (!names.includes(name)) {
      throw new RangeError(`Cannot set the limit "${name}": the limits are ${names.join(", ")}`);
    }
    return [name, parseWhole(value, `the limit ${name}`, 1, Number.MAX_SAFE_INTEGER)];
  }));
}
