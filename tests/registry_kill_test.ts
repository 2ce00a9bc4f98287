// A registry that is killed at any moment has lost nothing that it confirmed, and shows nothing half.
import assert from "node:assert/strict";
import { join } from "node:path";
import { createScope, createToken, createUser, openRegistry } from "@millrace/registry-server";
import { seeded } from "../packages/core/testing/_seeded_testing.ts";
import { verifyData } from "../packages/registry-server/maintenance/verify_data.ts";
import { archiveOf } from "../packages/registry-server/rules/_fixture_testing.ts";
import { killed } from "./_signal.ts";

const SERVER = decodeURIComponent(new URL("./_serve_registry.ts", import.meta.url).pathname);
const KILLS = 50;
const PUBLISHERS = 4;

async function start(data: string): Promise<{ origin: string; kill(): Promise<void> }> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", "--no-check", SERVER, data],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The server did not start");
    said += value;
  }
  return {
    origin: said.trim(),
    async kill() {
      assert(await killed(process), "the server had ended by itself");
      await reader.cancel();
    },
  };
}

/** Publish one package after the other until the server is gone; gives those that were confirmed. */
async function publishUntilKilled(
  origin: string,
  token: string,
  prefix: string,
  onConfirmed: () => void,
): Promise<string[]> {
  const confirmed: string[] = [];
  for (let k = 0;; k++) {
    const name = `${prefix}-${k}`;
    const body = await archiveOf({
      config: { name: `@lab/${name}` },
      entries: Array.from({ length: 5 }, (_, n) => ({ path: `data/${n}.txt`, text: `${name} ${n}\n` })),
    });
    let response: Response;
    try {
      response = await fetch(`${origin}/api/scopes/lab/packages/${name}/versions/1.0.0`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body,
      });
      const text = await response.text();
      assert.equal(response.status, 200, text);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return confirmed; // the connection is gone: nobody knows whether it was published
    }
    confirmed.push(name);
    onConfirmed();
  }
}

/** Wait until something is in a folder. */
async function fills(folder: string): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    for await (const _ of Deno.readDir(folder)) return;
    assert(performance.now() < end, "no upload was begun");
  }
}

Deno.test(`${KILLS} times killed while publishing, the registry has all that it confirmed, whole`, () =>
  seeded(async (random) => {
    const data = await Deno.makeTempDir({ prefix: "millrace_kill_" });
    try {
      let token: string;
      {
        using registry = await openRegistry({ data });
        const user = createUser(registry, "ada");
        createScope(registry, "lab", user);
        token = createToken(registry, user).token;
      }
      let published = 0;
      let interrupted = 0;
      for (let round = 0; round < KILLS; round++) {
        const server = await start(data);
        const first = Promise.withResolvers<void>();
        const work = Array.from(
          { length: PUBLISHERS },
          (_, k) => publishUntilKilled(server.origin, token, `r${round}-${k}`, first.resolve),
        );
        // How long a package takes depends on the machine: some rounds wait for one, some for the begin of an upload.
        const kind = ["at any moment", "after a package", "in an upload"][round % 3]!;
        if (kind === "after a package") await Promise.race([first.promise, ...work]);
        if (kind === "in an upload") await fills(join(data, "tmp"));
        const wait = kind === "in an upload" ? 0 : 200 * random.next();
        if (wait > 0) await new Promise((go) => setTimeout(go, wait));
        await server.kill();
        const confirmed = (await Promise.all(work)).flat();

        using registry = await openRegistry({ data });
        const found = new Set(
          registry.db.all<{ name: string }>(
            "SELECT name FROM package JOIN version ON version.id = package.latest WHERE name LIKE ?",
            `r${round}-%`,
          ).map(({ name }) => name),
        );
        assert.deepEqual(confirmed.filter((name) => !found.has(name)), [], `killed ${kind}, then ${wait} ms`);
        assert(found.size <= confirmed.length + PUBLISHERS);
        assert.deepEqual(await verifyData(registry), [], `killed ${kind}, then ${wait} ms`);
        published += found.size;
        if ((await Array.fromAsync(Deno.readDir(registry.temporary))).length > 0) interrupted++;
      }
      assert(published > 0, "nothing was published");
      assert(interrupted > 0, "no upload was interrupted");
      const server = await start(data);
      const response = await fetch(`${server.origin}/api/scopes/lab`);
      assert.equal((await response.json()).packages.length, published);
      await server.kill();
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  }));
