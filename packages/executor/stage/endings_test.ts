// How soon runs in workers end, and what is left of them then.

import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import { PipelineError } from "@millrace/core/errors";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { ExecutorManager } from "../manager/executor_manager.ts";
import { moody } from "./_bad_plugins_testing.ts";

const rows = Table.from(schema({ time: "time" }), { time: Array.from({ length: 100 }, (_, k) => BigInt(k)) });

for (const type of ["thread", "process"] as const) {
  Deno.test(`a failure in a ${type} ends the run at once and leaves no file`, async () => {
    const store = await Deno.makeTempDir();
    try {
      await using manager = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
      await using ctx = new Context({ executor: manager, store });
      ctx.register(tableSource("rows", rows), moody);
      await ctx.run("warm", ["moody"]); // workers are there
      for (const mode of ["throw", "reject", "garbage"]) {
        ctx.setConfig({ "moody.mode": mode, "moody.at": 34 });
        const started = performance.now();
        await assert.rejects(ctx.run("bad", ["moody"], { chunkSize: 10 }), PipelineError);
        const ms = performance.now() - started;
        assert.ok(ms < 20_000, `${mode}: ${ms} ms`);
        const left = await Array.fromAsync(Deno.readDir(store), ({ name }) => name);
        assert.deepEqual(left, ["warm"]);
      }
    } finally {
      await Deno.remove(store, { recursive: true });
    }
  });
}

Deno.test({
  name: "a process that computes without end is gone soon after its stream was left, and harms no other run",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const flag = await Deno.makeTempFile();
    try {
      await using manager = new ExecutorManager({ defaultType: "process", defaultWorkers: 2 });
      await using ctx = new Context({ executor: manager });
      ctx.register(tableSource("rows", rows), moody);
      ctx.setConfig({ "moody.mode": "loop", "moody.at": 34, "moody.flag": flag });
      let pid = "";
      for await (const chunk of ctx.getStream("run_1", "moody", { chunkSize: 10 })) {
        chunk.release();
        if (chunk.start < 20n) continue;
        while ((pid = await Deno.readTextFile(flag)) === "") await new Promise((done) => setTimeout(done, 5));
        await Deno.stat(`/proc/${pid}`); // it is there
        break;
      }
      assert.equal(manager.stats().queued, 0, "nothing more was begun");
      const end = performance.now() + 60_000;
      await assert.rejects(async () => {
        while (performance.now() < end) {
          await Deno.stat(`/proc/${pid}`);
          await new Promise((done) => setTimeout(done, 5));
        }
      }, Deno.errors.NotFound);
      await using again = new Context({ executor: manager });
      again.register(tableSource("rows", rows), moody);
      assert.equal((await again.getData("run_1", "moody", { chunkSize: 10 })).length, 100);
    } finally {
      await Deno.remove(flag);
    }
  },
});
