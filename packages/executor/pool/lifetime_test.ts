import assert from "node:assert/strict";

const pool = new URL("./worker_pool.ts", import.meta.url).href;

/** Runs a program in a process of its own. */
async function run(program: string): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-read",
      `data:application/typescript,${encodeURIComponent(program)}`,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

const start = `
  import { WorkerPool } from "${pool}";
  const one = { module: "data:text/javascript,export const one = () => 1;", export: "one" };
`;

Deno.test("a program that forgets to close a pool ends after its idle timeout", async () => {
  const { code, out, err } = await run(`${start}
    const pool = new WorkerPool({ max: 2, idleTimeout: 50 });
    console.log(await pool.run(one, 0));`);
  assert.deepEqual([code, out], [0, "1\n"], err);
});

Deno.test("an uncaught error of a task's module ends its worker, not the program", async () => {
  const { code, out } = await run(`${start}
    await using pool = new WorkerPool({ max: 1 });
    const late = { module: "data:text/javascript,export const f = () => { setTimeout(() => { throw 7 }); return new Promise(() => {}) };", export: "f" };
    console.log((await pool.run(late, 0).catch((error) => error)).name, await pool.run(one, 0));`);
  assert.deepEqual([code, out], [0, "WorkerLostError 1\n"]);
});
