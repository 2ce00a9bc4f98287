import assert from "node:assert/strict";
import { testPool } from "../pool/_conformance.ts";
import { WorkerPool } from "../pool/worker_pool.ts";
import type { TaskFunction, TaskOptions } from "../task/task.ts";
import { processTransport } from "./process.ts";

if (Deno.build.os !== "windows") {
  testPool({
    name: "processes",
    transport: processTransport,
    skip: {
      "a task that is declared safe runs again when its worker died":
        "its tasks count in shared memory; the same is tested here with a file",
    },
  });
}

function task(source: string): TaskFunction {
  return {
    module: `data:application/typescript,${encodeURIComponent(`export const f = ${source}`)}`,
    export: "f",
  };
}

Deno.test("WorkerPool on processes: a task that is declared safe runs again when its process died", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const file = await Deno.makeTempFile();
  await using pool = new WorkerPool({ transport: processTransport(), max: 1 });
  const dieUntil = task(`({ file, times }) => {
    Deno.writeTextFileSync(file, "x", { append: true });
    if (Deno.statSync(file).size < times) Deno.kill(Deno.pid, "SIGKILL");
    return Deno.statSync(file).size;
  }`);
  assert.equal(await pool.run(dieUntil, { file, times: 2 }, { retries: 1 }), 2);
  await assert.rejects(pool.run(dieUntil, { file, times: 9 }, { retries: 2 }), {
    name: "WorkerLostError",
    message: /was killed by SIGKILL; its retries are used up/,
  });
  assert.equal((await Deno.stat(file)).size, 5);
  await Deno.remove(file);
});

Deno.test("WorkerPool on processes: a process that is killed takes no task with it that hasn't begun", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using pool = new WorkerPool({ transport: processTransport(), max: 1, grace: 20 });
  const echo = task("(x) => x");
  await pool.run(echo, 0);
  const stuck = pool.run(task("() => { for (;;); }"), 0, { timeout: 50 });
  const others = Array.from({ length: 300 }, (_, i) => pool.run(echo, i));
  await assert.rejects(stuck, { name: "TaskTimeoutError" });
  assert.deepEqual(await Promise.all(others), others.map((_, i) => i));
  assert.equal(pool.stats().lost, 0);
});

Deno.test(
  "WorkerPool on processes: a task that fills the heap is not run again, unless it says that it may",
  {
    ignore: Deno.build.os === "windows",
  },
  async () => {
    const file = await Deno.makeTempFile();
    await using pool = new WorkerPool({ transport: processTransport({ heapLimit: 40 }), max: 1 });
    const fill = task(`({ file }) => {
    Deno.writeTextFileSync(file, "x", { append: true });
    const all: unknown[] = [];
    for (;;) all.push({ number: all.length });
  }`);
    const fails = async (options: TaskOptions, tries: number) => {
      await Deno.writeTextFile(file, "");
      await assert.rejects(pool.run(fill, { file }, options), {
        name: "WorkerLostError",
        message:
          /ran out of heap memory, of which it may have 40 MiB; it would need .*give it less .* a higher heapLimit/,
      });
      assert.equal((await Deno.stat(file)).size, tries);
    };
    await fails({ retries: 3 }, 1);
    await fails({ retries: 1, retryFullHeap: true }, 2);
    await Deno.remove(file);
  },
);
