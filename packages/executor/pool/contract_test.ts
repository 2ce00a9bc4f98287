// Lines of the failure contract that hold for a program as a whole.

import assert from "node:assert/strict";

const pool = new URL("./worker_pool.ts", import.meta.url).href;

Deno.test({
  name: "1000 pools started and stopped leave no thread, no handle and no memory",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // In a process of its own: other tests start threads too.
    const program = `
      import { WorkerPool } from "${pool}";
      const one = { module: "data:text/javascript,export const one = () => 1;", export: "one" };
      const cycle = async () => {
        await using pool = new WorkerPool({ max: 1 });
        await pool.run(one, 0);
      };
      const cycles = async (count) => {
        for (let k = 0; k < count; k += 2) await Promise.all([cycle(), cycle()]);
      };
      const count = (what) => [...Deno.readDirSync("/proc/self/" + what)].length;
      await cycles(100);
      const threads = count("task"), handles = count("fd"), { rss } = Deno.memoryUsage();
      await cycles(1000);
      const isMore = () => count("task") > threads + 2 || count("fd") > handles + 2;
      for (let k = 0; k < 100 && isMore(); k++) await new Promise((r) => setTimeout(r, 20));
      console.log(JSON.stringify({
        threads: count("task") - threads,
        handles: count("fd") - handles,
        megabytes: (Deno.memoryUsage().rss - rss) / 1e6,
      }));`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-check",
        "--allow-all", // Deno lets nobody else look into /proc
        `data:application/typescript,${encodeURIComponent(program)}`,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    assert.equal(decoder.decode(stderr), "");
    const left = JSON.parse(decoder.decode(stdout));
    assert(left.threads <= 2, `${left.threads} threads are left`);
    assert(left.handles <= 2, `${left.handles} handles are left`);
    assert(left.megabytes < 100, `${left.megabytes} MB are left`);
  },
});
