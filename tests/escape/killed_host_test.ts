// A host that is killed at any moment leaves no process and no folder of its sandboxes.

import assert from "node:assert/strict";
import { moduleOf } from "../../packages/executor/sandbox/_vendor_testing.ts";
import { killed } from "../_signal.ts";
import { install } from "./_install.ts";

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A program that runs the plugin that it is given, and prints the sandbox's process number. */
const HOST = `
const { sandboxedPlugin } = await import(${
  JSON.stringify(import.meta.resolve("../../packages/executor/sandbox/mod.ts"))
});
const { runOnce } = await import(${JSON.stringify(import.meta.resolve("./_attempt.ts"))});
const [plugin, temporary] = Deno.args;
runOnce(JSON.parse(plugin), { temporary, onLine: (line) => console.log(line) });
`;

async function killAt(inside: string, when: RegExp): Promise<void> {
  const temporary = await Deno.makeTempDir({ prefix: "killed host's " }); // a space and a quote
  try {
    await using plugin = await install("@evil/plugin@6.6.6", { "mod.ts": moduleOf({ inside }) });
    const root = new URL("../../", import.meta.url).pathname;
    const host = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--allow-all",
        "--quiet",
        "--config",
        `${root}deno.json`,
        `data:application/typescript,${encodeURIComponent(HOST)}`,
        JSON.stringify(plugin),
        temporary,
      ],
      stdout: "piped",
      stdin: "null",
    }).spawn();
    let said = "";
    for await (const text of host.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (when.test(said)) break;
    }
    assert.match(said, when);
    const pid = Number(/pid (\d+)/.exec(said)![1]);
    await Deno.stat(`/proc/${pid}`);
    assert.ok(await killed(host), "the host had ended by itself");
    const end = performance.now() + 120_000;
    for (;;) {
      const left = await Array.fromAsync(Deno.readDir(temporary), ({ name }) => name);
      if (left.length === 0 && !await isAlive(pid)) return;
      assert.ok(
        performance.now() < end,
        `left are ${left.join(", ")} and process ${pid}: ${await isAlive(pid)}`,
      );
      await sleep(20);
    }
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/** A zombie that nobody waits for is not alive. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
  return stat !== undefined && !/\) Z /.test(stat);
}

const writes = `(globalThis as any).cache ??= await caches.open("x");
  await (globalThis as any).cache.put("http://x/" + Math.random(), new Response(new Uint8Array(2 ** 16)));`;

Deno.test("host: killed while a plugin loops, it leaves nothing", () =>
  killAt(
    `console.log("pid " + Deno.pid); await new Promise((ok) => setTimeout(ok, 50)); for (;;);`,
    /pid \d+\n/,
  ));

Deno.test("host: killed while a plugin fills its folder, it leaves nothing", () =>
  killAt(
    `console.log("pid " + Deno.pid); for (let i = 0; ; i++) { ${writes} if (i === 20) console.log("twenty");
      if (i > 20) await new Promise((ok) => setTimeout(ok, 20)); }`,
    /twenty\n/,
  ));
