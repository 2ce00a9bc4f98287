// Resident memory of a process with so many workers, of a pool or bare, each of which has done a task.
// Arguments: "ours" or "bare", number of workers.

import { WorkerPool } from "@millrace/executor/worker-pool";
import { ask, bareWorkers } from "./ours.ts";

const DISPATCH = { module: new URL("./tasks.ts", import.meta.url).href, export: "dispatch" };
const [kind, count] = [Deno.args[0], Number(Deno.args[1])];

const pool = new WorkerPool({ max: Math.max(1, count) });
if (kind === "ours") await pool.warm({ workers: count, functions: [DISPATCH] });
else await Promise.all(bareWorkers(count).map((worker) => ask(worker, { batch: [{ op: "spin", us: 1 }] })));
await new Promise((resolve) => setTimeout(resolve, 100));
console.log(JSON.stringify({ bytes: Deno.memoryUsage().rss }));
Deno.exit(0);
