import assert from "node:assert/strict";
import { WorkerPool } from "../pool/worker_pool.ts";

/** Serves the package's sources and a program that uses them. */
function serveSources(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const headers = { "content-type": "application/typescript" };
    if (pathname === "/task.ts") {
      return new Response("export const twice = (x: number) => 2 * x;", { headers });
    }
    if (pathname === "/main.ts") {
      return new Response(
        `import { WorkerPool } from "./pool/worker_pool.ts";
         await using pool = new WorkerPool({ max: 1 });
         console.log(await pool.run({ module: new URL("./task.ts", import.meta.url).href, export: "twice" }, 21));`,
        { headers },
      );
    }
    try {
      return new Response(await Deno.readTextFile(new URL(`..${pathname}`, import.meta.url)), { headers });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Response("Not found", { status: 404 });
      throw error;
    }
  });
}

Deno.test("threads start from a URL, with no permission but to import from it", async () => {
  const cache = await Deno.makeTempDir();
  const server = serveSources();
  try {
    const host = `127.0.0.1:${server.addr.port}`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-config",
        "--no-lock",
        `--allow-import=${host}`,
        `http://${host}/main.ts`,
      ],
      env: { DENO_DIR: cache, NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    assert.equal(decoder.decode(stdout), "42\n", decoder.decode(stderr));
  } finally {
    await server.shutdown();
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("modules of npm packages, of URLs and of data load in threads", async () => {
  const server = serveSources();
  try {
    await using pool = new WorkerPool({ max: 1 });
    const { hash } = await import("fast-check");
    const npm = { module: "npm:fast-check@4.10.2", export: "hash" };
    assert.equal(await pool.run(npm, "millrace"), hash("millrace"));
    const http = { module: `http://127.0.0.1:${server.addr.port}/task.ts`, export: "twice" };
    assert.equal(await pool.run(http, 4), 8);
    const data = {
      module: "data:application/typescript,export default (x: number): number => x + 1;",
      export: "default",
    };
    assert.equal(await pool.run(data, 4), 5);
  } finally {
    await server.shutdown();
  }
});

Deno.test("a task that posts messages of its own is told what to do", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const module = "data:text/javascript,export const talk = () => self.postMessage([11, 5, 0, 0]);" +
    "export const deaf = () => { self.onmessage = null; };export const one = () => 1;";
  await assert.rejects(pool.run({ module, export: "talk" }, 0), {
    message: /Cannot post a message from a task/,
  });
  await pool.run({ module, export: "deaf" }, 0);
  assert.equal(await pool.run({ module, export: "one" }, 0), 1, "it still hears");
});

Deno.test("lent arrays are views on shared memory", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const module =
    "data:text/javascript,export const shared = ({ a }) => [a.buffer instanceof SharedArrayBuffer, a.length, a[5]];";
  const a = new Int16Array(5000).map((_, i) => i);
  const lent = await pool.run({ module, export: "shared" }, { a }, { lend: true });
  assert.deepEqual(lent, [true, 5000, 5]);
});

Deno.test("shared memory in an input is shared", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const cell = new Int32Array(new SharedArrayBuffer(8192));
  const module = "data:text/javascript,export const mark = (cell) => { Atomics.store(cell, 1, 9); };";
  await pool.run({ module, export: "mark" }, cell);
  assert.equal(cell[1], 9);
});

Deno.test("workers are replaced above a bound of memory, harming no task", async () => {
  await using pool = new WorkerPool({ max: 1, recycleAboveBytes: 1 });
  const module = "data:text/javascript,export const n = (_, { worker }) => worker;";
  let worker = 0;
  while (worker === 0) worker = await pool.run<number>({ module, export: "n" }, 0, { batch: false });
  assert(pool.stats().recycled >= 1);
  assert.equal(pool.stats().lost, 0);
});
