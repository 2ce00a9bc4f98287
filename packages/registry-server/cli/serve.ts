// registry serve
import { Command } from "@commander-js/extra-typings";
import { createToken } from "../access/tokens.ts";
import { createUser } from "../catalog/scopes.ts";
import { serve } from "../http/server.ts";
import { openRegistry } from "../registry.ts";
import { DATA, FOLDER, print } from "./_open.ts";

/** Serve a folder until a signal comes. */
export function serveCommand() {
  return new Command("serve")
    .description("Serve a registry; the first start prints a token for its administrator")
    .requiredOption(DATA, FOLDER)
    .option("--port <number>", "port to listen on", (text: string) => Number(text), 8000)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--upstream <url>", "registry to read packages of other scopes from")
    .option("--public-url <url>", "origin by which clients reach this server")
    .option("--tls-cert <file>", "certificate (PEM), to serve HTTPS")
    .option("--tls-key <file>", "its key (PEM)")
    .action(async ({ data, port, host, upstream, publicUrl, tlsCert, tlsKey }) => {
      if ((tlsCert === undefined) !== (tlsKey === undefined)) {
        throw new TypeError("Cannot serve HTTPS: give both --tls-cert and --tls-key");
      }
      const tls = tlsCert && tlsKey
        ? { cert: await Deno.readTextFile(tlsCert), key: await Deno.readTextFile(tlsKey) }
        : undefined;
      using registry = await openRegistry({ data, ...upstream !== undefined && { upstream } });
      if (!registry.db.get("SELECT 1 FROM user")) {
        const { token } = createToken(registry, createUser(registry, "admin", true), {
          label: "first start",
        });
        print(`Token of the administrator, shown this once: ${token}`);
      }
      await using server = serve(registry, {
        hostname: host,
        port,
        ...publicUrl !== undefined && { publicUrl },
        ...tls && { tls },
        onError: (error) => log("error", { message: error instanceof Error ? error.stack : String(error) }),
      });
      print(`Listening on ${server.origin}`);
      log("listening", { origin: server.origin, data, upstream });
      await signal();
      log("stopping", {});
    });
}

/** A line of JSON for whoever collects logs. */
function log(event: string, fields: object): void {
  const line = JSON.stringify({ time: new Date().toISOString(), event, ...fields });
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function signal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) Deno.addSignalListener(name, resolve);
  await promise;
  for (const name of signals) Deno.removeSignalListener(name, resolve);
}
