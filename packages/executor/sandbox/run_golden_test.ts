import assert from "node:assert/strict";
import { encodeChunk } from "@millrace/core/arrow";
import { Chunk } from "@millrace/core/chunk";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { moduleOf, vendor } from "./_vendor_testing.ts";
import { runGolden } from "./mod.ts";

async function store(path: string, dataType: string, table: Table): Promise<string> {
  const chunk = new Chunk(table, { start: 0n, end: 100n, runId: "golden", dataType, dataKind: dataType });
  await Deno.writeFile(path, await new Blob(await encodeChunk(chunk) as Uint8Array<ArrayBuffer>[]).bytes());
  return path;
}

Deno.test("runGolden() compares what a plugin makes in its sandbox with what it should", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using plugin = await vendor({ "mod.ts": moduleOf() });
    const rows = Table.from(schema({ time: "time" }), { time: [1n, 5n, 9n] });
    const out = schema({ time: "time", value: "f64" });
    const input = await store(`${folder}/in.arrow`, "rows", rows);
    const right = await store(
      `${folder}/right.arrow`,
      "doubled",
      Table.from(out, { time: [1n, 5n, 9n], value: [2, 10, 18] }),
    );
    const wrong = await store(
      `${folder}/wrong.arrow`,
      "doubled",
      Table.from(out, { time: [1n, 5n, 9n], value: [2, 11, 18] }),
    );
    const short = await store(
      `${folder}/short.arrow`,
      "doubled",
      Table.from(out, { time: [1n], value: [2] }),
    );
    assert.deepEqual(await runGolden(plugin, input, right), { passed: true, difference: undefined, rows: 3 });
    assert.deepEqual(await runGolden(plugin, input, wrong), {
      passed: false,
      difference: '"value" of row 1 is 10, expected is 11',
      rows: 3,
    });
    assert.match((await runGolden(plugin, input, short)).difference!, /there are 3 rows, expected are 1/);
    await assert.rejects(
      runGolden(plugin, right, right),
      /its input is "doubled", the plugin depends on "rows"/,
    );
    await assert.rejects(
      runGolden(plugin, input, input),
      /its output is "rows", the plugin provides doubled/,
    );
    await Deno.writeTextFile(`${folder}/none.arrow`, "hello");
    await assert.rejects(runGolden(plugin, input, `${folder}/none.arrow`), /none\.arrow is no chunk file/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
