import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { ExecutorManager } from "../manager/executor_manager.ts";
import { moduleOf, vendor } from "./_vendor_testing.ts";
import { sandboxedPlugin } from "./mod.ts";

const rows = Table.from(schema({ time: "time" }), { time: Array.from({ length: 100 }, (_, k) => BigInt(k)) });

Deno.test("sandboxedPlugin() gives what the plugin gives", async () => {
  await using vendored = await vendor({ "mod.ts": moduleOf() });
  await using plugin = await sandboxedPlugin(vendored);
  assert.equal(plugin.name, "doubled");
  await using ctx = new Context();
  ctx.register(tableSource("rows", rows), plugin);
  const data = await ctx.getData("run_1", "doubled", { chunkSize: 10 });
  assert.deepEqual([...data.get("value", "f64")], Array.from({ length: 100 }, (_, k) => 2 * k));
  const lineage = (await ctx.plan("run_1", "doubled")).step("doubled").lineages.doubled!;
  assert.equal(lineage.manifest, vendored.manifestHash);
  void ExecutorManager;
});
