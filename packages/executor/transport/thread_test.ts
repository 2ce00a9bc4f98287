import assert from "node:assert/strict";
import type { TaskOptions } from "../task/task.ts";
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

Deno.test("threads and their tasks' modules load from a URL, with no permission but to import from it", async () => {
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

Deno.test("modules of npm packages and of data load in threads", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const { hash } = await import("fast-check");
  const npm = { module: "npm:fast-check@4.10.2", export: "hash" };
  assert.equal(await pool.run(npm, "millrace"), hash("millrace"));
  const data = {
    module: "data:application/typescript,export default (x: number): number => x + 1;",
    export: "default",
  };
  assert.equal(await pool.run(data, 4), 5);
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

Deno.test("lent arrays lie in memory that is used again after the call, others don't", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const module = "data:text/javascript,let kept;" +
    "export const swap = ({ a }) => { const before = kept; kept = a; return [a.length, a[5], before?.[5]]; };";
  const swap = (value: number, options: TaskOptions) =>
    pool.run({ module, export: "swap" }, { a: new Int16Array(5000).fill(value) }, options);
  assert.deepEqual(await swap(1, {}), [5000, 1, undefined]);
  assert.deepEqual(await swap(2, { lend: true }), [5000, 2, 1], "the function's own");
  assert.deepEqual(await swap(3, { lend: true }), [5000, 3, 3], "the memory of the one before");
});

Deno.test("buffers that are lent and transferred are detached here, whatever else is transferred", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const module = "data:text/javascript," +
    "export const sum = ({ a, b, c }) => [a[7], b.byteLength, c.buffer.byteLength, c[1]];";
  const a = new Float64Array(1000).fill(4), b = new ArrayBuffer(9000), c = new Uint8Array([5, 6, 7]);
  const transfer = [a.buffer, b, c.buffer];
  assert.deepEqual(await pool.run({ module, export: "sum" }, { a, b, c }, { transfer, lend: true }), [
    4,
    9000,
    3,
    6,
  ]);
  assert.deepEqual(transfer.map(({ detached }) => detached), [true, true, true]);

  const again = new Float64Array(1000).fill(4), bad = { a: again, b: () => {}, c };
  await assert.rejects(
    pool.run({ module, export: "sum" }, bad, { transfer: [again.buffer], lend: true }),
    /could not be cloned/,
  );
  assert.equal(again[7], 4, "what could not be sent is still here");
});

Deno.test("the buffer of a WebAssembly memory is copied when it is lent, else it is refused before anything is sent", async () => {
  await using pool = new WorkerPool({ max: 1 });
  const module = "data:text/javascript,export const sum = (a) => a[0] + a[a.length - 1];";
  const memory = new WebAssembly.Memory({ initial: 1 });
  const buffer = memory.buffer as ArrayBuffer;
  const array = new Float64Array(buffer).fill(4);
  const transfer = [buffer];
  assert.equal(await pool.run({ module, export: "sum" }, array, { transfer, lend: true }), 8);
  assert.equal(array[7], 4, "it is still here");
  await assert.rejects(pool.run({ module, export: "sum" }, array, { transfer }), {
    name: "TypeError",
    message: /Cannot send the input .*transferable.*none of a WebAssembly memory/,
  });
  assert.equal(await pool.run({ module, export: "sum" }, array), 8, "the worker goes on");
  const { done, failed, died } = pool.stats();
  assert.deepEqual([done, failed, died], [2, 1, 0]);
});

Deno.test("small arrays share messages and are the function's own", async () => {
  await using pool = new WorkerPool({ max: 2 });
  const module = "data:text/javascript,const all = [];" +
    "export const own = ({ a, k }) => { all.push(a); return all.every((b) => b[0] === b[b.length - 1]) ? a[0] + k : NaN; };";
  const tasks = Array.from({ length: 300 }, (_, k) => ({ a: new Float32Array(2000 + k).fill(k), k }));
  const results = await pool.map({ module, export: "own" }, [...tasks, ...tasks]);
  assert.deepEqual(results, [...tasks, ...tasks].map(({ k }) => 2 * k));
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
