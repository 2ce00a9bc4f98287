import assert from "node:assert/strict";
import { WorkerPool } from "../pool/worker_pool.ts";
import { inlineTransport } from "./inline.ts";

const module = "data:text/javascript,export const same = (x) => x;" +
  "export const spin = () => { const end = performance.now() + 2; while (performance.now() < end); };";

Deno.test("inputs and results are passed as they are", async () => {
  await using pool = new WorkerPool({ transport: inlineTransport(), max: 1 });
  const input = () => 1;
  assert.equal(await pool.run({ module, export: "same" }, input), input);
});

Deno.test("the event loop turns between tasks", async () => {
  await using pool = new WorkerPool({ transport: inlineTransport(), max: 1 });
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await pool.map({ module, export: "spin" }, Array(30).fill(0));
  clearInterval(timer);
  assert(turns >= 2, `${turns}`);
});
