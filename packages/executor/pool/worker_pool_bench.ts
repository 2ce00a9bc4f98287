// Tiny tasks through the pool and through bare workers with a message a task.
import { WorkerPool } from "./worker_pool.ts";

const TASKS = 20_000;
const module = "data:text/javascript,export const add = ({ a, b }) => a + b;";
const bare =
  `data:text/javascript,import { add } from "${module}"; onmessage = ({ data }) => postMessage(add(data));`;

function check(sum: number): void {
  if (sum !== TASKS * (TASKS + 1) / 2) throw new Error(`Wrong sum ${sum}`);
}

Deno.bench(`${TASKS} tiny tasks at once: pool of 2`, { group: "flood" }, async (b) => {
  const add = { module, export: "add" };
  await using pool = new WorkerPool({ min: 2, max: 2 });
  await pool.warm({ functions: [add] });
  b.start();
  const results = await Promise.all(
    Array.from({ length: TASKS }, (_, a) => pool.run<number>(add, { a, b: 1 })),
  );
  b.end();
  check(results.reduce((sum, value) => sum + value, 0));
});

Deno.bench(
  `${TASKS} tiny tasks at once: 2 bare workers`,
  { group: "flood", baseline: true },
  async (b) => {
    const workers = [0, 1].map(() => new Worker(bare, { type: "module" }));
    const { promise, resolve } = Promise.withResolvers<void>();
    let sum = 0;
    let left = TASKS;
    const ready = workers.map((worker) =>
      new Promise((resolve) => {
        worker.onmessage = resolve;
        worker.postMessage({ a: 0, b: 0 });
      })
    );
    await Promise.all(ready);
    for (const worker of workers) {
      worker.onmessage = ({ data }) => {
        sum += data;
        if (--left === 0) resolve();
      };
    }
    b.start();
    for (let a = 0; a < TASKS; a++) workers[a % 2]!.postMessage({ a, b: 1 });
    await promise;
    b.end();
    for (const worker of workers) worker.terminate();
    check(sum);
  },
);

Deno.bench("1000 pools started and stopped leave no thread or handle", { n: 1 }, async () => {
  const add = { module, export: "add" };
  const cycle = async () => {
    await using pool = new WorkerPool({ max: 1 });
    await pool.run(add, { a: 1, b: 1 });
  };
  const count = (what: string) => [...Deno.readDirSync(`/proc/self/${what}`)].length;
  const measure = async () => {
    await new Promise((resolve) => setTimeout(resolve, 300)); // threads end in their own time
    return { threads: count("task"), handles: count("fd"), rss: Deno.memoryUsage().rss / 2 ** 20 };
  };
  if (Deno.build.os !== "linux") throw new Error("Only Linux tells a process's threads and handles");
  for (let i = 0; i < 200; i++) await cycle();
  const before = await measure();
  for (let i = 0; i < 1000; i++) await cycle();
  const after = await measure();
  console.log(`before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
  if (after.threads > before.threads + 3 || after.handles > before.handles + 3) {
    throw new Error("Something leaks");
  }
  if (after.rss > before.rss + 40) throw new Error("Memory leaks");
});
