import { Context } from "@millrace/core/context";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { moduleOf, vendor } from "../../packages/executor/sandbox/_vendor_testing.ts";
import { sandboxedPlugin } from "../../packages/executor/sandbox/mod.ts";
import { SandboxProcess } from "../../packages/executor/sandbox/_process.ts";
const bytes = 10 << 20, width = 1024, n = bytes / 2 / width;
const echo = `import { definePlugin } from "@millrace/core/define";
export const plugin = definePlugin({ provides: "out", dependsOn: ["rows"], version: "1", schema: {time:"time", wave:"u16[1024]"},
 computeChunk(chunk, {emit}) { const out = emit(chunk.length); out.columns.time.set(chunk.columns.time); out.columns.wave.set(chunk.columns.wave as never); return out; } });
`;
const sink = echo.replaceAll(', wave:"u16[1024]"', '').replace("out.columns.wave.set(chunk.columns.wave as never);", "");
for (const [name, text] of [["echo", echo], ["sink", sink]]) {
  await using v = await vendor({ "mod.ts": text });
  for (let i = 0; i < 5; i++) { const t0 = performance.now(); await using p = await sandboxedPlugin(v); console.log("start to declaration", (performance.now() - t0).toFixed(1)); }
  await using p = await sandboxedPlugin(v);
  const table = Table.allocate(schema({ time: "time", wave: "u16[1024]" }), n);
  table.columns.time.forEach((_, i) => table.columns.time[i] = i); table.columns.wave.fill(3);
  const times: number[] = [];
  const chunks = 40;
  const src = { ...tableSource("rows", table) };
  // direct calls
  const { Chunk } = await import("@millrace/core/chunk");
  const { BufferPool, Account } = await import("@millrace/core/buffers");
  const { StageRunner } = await import("@millrace/core/stage");
  const runner = new StageRunner({ id: "x", steps: [{ plugin: p, options: {}, plain: {} }], outputs: ["out"] }, { runId: "r", pool: new BufferPool(), account: new Account(), notice() {} });
  const chunk = new Chunk(table, { start: 0n, end: BigInt(n), runId: "r", dataType: "rows", dataKind: "rows" });
  for (let i = 0; i < chunks; i++) {
    const t0 = performance.now();
    const r = await runner.run({ rows: chunk }, { start: 0n, end: BigInt(n), own: { from: 0, to: n }, last: false, call: "compute" }, new AbortController().signal);
    times.push(performance.now() - t0);
    r.outputs.out!.release();
  }
  console.log(name, times.map((t) => t.toFixed(1)).join(" "));
}
