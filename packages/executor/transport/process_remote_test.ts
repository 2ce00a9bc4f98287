import assert from "node:assert/strict";

/** Serves the package's sources, so that a program can import it from a URL. */
function serveSources(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/main.ts") {
      return source(`
        import { processTransport } from "./transport/process.ts";
        import { Op } from "./transport/messages.ts";
        const module = new URL("./task.ts", import.meta.url).href;
        const connection = processTransport({ permissions: { import: [new URL(module).host] } }).start(1, {
          message(message) {
            if (message[0] === Op.ready) return;
            console.log(JSON.stringify(message.slice(0, 3)));
            connection.stop();
          },
          ended(end) {
            console.log(end);
          },
        });
        connection.send([Op.configure, 1, 1, 0], []);
        connection.send([Op.define, 0, module, "twice"], []);
        connection.send([Op.run, 5, 0, 21], []);
      `);
    }
    if (pathname === "/task.ts") return source("export const twice = (x: number) => 2 * x;");
    try {
      return source(await Deno.readTextFile(new URL(`..${pathname}`, import.meta.url)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Response("not found", { status: 404 });
      throw error;
    }
  });
}

function source(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/typescript" } });
}

Deno.test({
  name: "processes start from a URL when the program comes from one",
  ignore: Deno.build.os === "windows",
  async fn() {
    const cache = await Deno.makeTempDir();
    const server = serveSources();
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--allow-all",
        "--no-lock",
        "--no-config",
        `http://127.0.0.1:${server.addr.port}/main.ts`,
      ],
      env: { DENO_DIR: cache },
      cwd: cache,
    }).output();
    await server.shutdown();
    await Deno.remove(cache, { recursive: true });
    assert.equal(new TextDecoder().decode(stdout), "[11,5,42]\n", new TextDecoder().decode(stderr));
    assert.equal(code, 0);
  },
});
