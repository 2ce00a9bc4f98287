import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { randomRecords, recordTable, rowsOf } from "../_testing.ts";
import { wavePool } from "./wave_pool.ts";

Deno.test("wave_pool is the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), (list) =>
      testPlugin(wavePool, {
        inputs: { records: recordTable(list) },
        dataKinds: { records: "records" },
        chunkings: 4,
        ranges: 4,
      })),
    { numRuns: 12 },
  );
});

Deno.test("wave_pool has the samples of all records one behind the other, in small chunks too", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(), fc.constantFrom(1, 3, 100), async (list, chunkSize) => {
      const table = recordTable(list);
      const all = table.rows().flatMap(({ wave }) => [...wave as Uint16Array]);
      const rows = await rowsOf(
        [tableSource("records", table, { dataKind: "records" }), wavePool],
        "wave_pool",
        {},
        { chunkSize },
      );
      for (const { wave_offset, event_length, wave } of rows) {
        const from = Number(wave_offset), to = from + (event_length as number);
        assert.deepEqual([...wave as Uint16Array], all.slice(from, to));
      }
      assert.deepEqual(rows.flatMap(({ wave }) => [...wave as Uint16Array]), all);
    }),
    { numRuns: 40 },
  );
});

Deno.test("wave_pool keeps samples above 32767 as they are", async () => {
  const table = recordTable([{ time: 0n, baseline: 0, samples: [65535, 40000, 0] }]);
  const [row] = await rowsOf([tableSource("records", table, { dataKind: "records" }), wavePool], "wave_pool");
  assert.deepEqual(row!.wave, new Uint16Array([65535, 40000, 0]));
});
