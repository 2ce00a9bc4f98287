import assert from "node:assert/strict";
import { Context, definePlugin, schema, Table, tableSource } from "@millrace/core";
import { FolderStore } from "@millrace/core/store";
import { RunSummary } from "./summary.ts";

const twice = definePlugin({
  provides: "twice",
  dependsOn: ["triggers"],
  version: "1",
  schema: { time: "time", height: "f64" },
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    out.columns.time.set(chunk.table.get("time", "time"));
    return out;
  },
});

Deno.test("what another process completed meanwhile is not told as computed", async () => {
  const store = await Deno.makeTempDir();
  try {
    const triggers = Table.from(schema({ time: "time" }), { time: [5n, 10n, 30n] });
    const open = () => {
      const context = new Context({ store: new FolderStore(store) });
      return context.register(tableSource("triggers", triggers), twice);
    };
    await using first = open();
    await using second = open();
    const plan = await second.plan("run_7", ["twice"]);
    const computed = await first.run("run_7", ["twice"]);
    const report = await second.run("run_7", ["twice"]);

    const bytesRead = 0;
    const mine = new RunSummary({ store, plan, report: computed, bytesRead });
    assert.deepEqual(mine.plugins.map(({ action }) => action), ["computed", "computed"]);
    const summary = new RunSummary({ store, plan, report, bytesRead });
    assert.deepEqual(
      summary.plugins.map(({ plugin, action, rows, busyMs }) => [plugin, action, rows, busyMs]),
      [["triggers", "elsewhere", null, 0], ["twice", "elsewhere", 3, 0]],
    );
    assert.match(summary.toString(), /^twice +by another process +3 /m);
  } finally {
    await Deno.remove(store, { recursive: true });
  }
});
