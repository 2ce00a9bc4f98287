import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { option } from "../options/option.ts";
import { ShuffledExecutor } from "../testing/shuffled_executor.ts";
import { testPlugin } from "../testing/test_plugin.ts";
import { defineCut, defineCutList, defineSelection } from "./cut.ts";
import { defineMerge } from "./define.ts";
import { tableSource } from "./table_source.ts";

const types = { time: "time", channel: "u16", area: "i32", block: "i16[2]", wave: "u16[]" } as const;

const rows = fc.array(
  fc.record({
    time: fc.integer({ min: 0, max: 30 }),
    channel: fc.integer({ min: 0, max: 2 }),
    area: fc.integer({ min: 0, max: 9 }),
    wave: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
  }),
  { maxLength: 14 },
).map((list) => list.sort((a, b) => a.time - b.time || a.channel - b.channel));

const tableOf = (list: readonly { time: number; channel: number; area: number; wave: number[] }[]) =>
  Table.from(schema(types), {
    time: list.map(({ time }) => BigInt(time)),
    channel: list.map(({ channel }) => channel),
    area: list.map(({ area }) => area),
    block: list.map(({ area }) => [area, -area]),
    wave: list.map(({ wave }) => wave),
  }, { t0: 0n });

const large = defineCut({
  provides: "cut_large",
  dependsOn: ["peaks"],
  needs: { peaks: types },
  version: "1",
  dataKind: "peaks",
  options: { least: option.integer({ default: 4, help: "Least area" }) },
  passes: ({ columns }, row, { least }) => columns.area[row]! >= least,
});
const even = defineCut({
  provides: "cut_even",
  dependsOn: ["peaks"],
  needs: { peaks: types },
  version: "1",
  dataKind: "peaks",
  passes: ({ columns }, row) => columns.channel[row]! % 2 === 0,
});
const both = defineCutList({ provides: "cuts_all", cuts: ["cut_large", "cut_even"], dataKind: "peaks" });
const good = defineSelection({ provides: "good_peaks", dependsOn: ["peaks", "cuts_all"], schema: types });

Deno.test("cuts, lists of cuts and selections are the same for every chunking", async () => {
  for (
    const [plugin, register] of [[large, []], [both, [large, even]], [good, [large, even, both]]] as const
  ) {
    await fc.assert(
      fc.asyncProperty(rows, (list) =>
        testPlugin(plugin, {
          inputs: { peaks: tableOf(list) },
          register: [...register],
          chunkings: 5,
          ranges: 4,
          executors: [new ShuffledExecutor(1)],
        })),
      { numRuns: 10 },
    );
  }
});

Deno.test("a selection has exactly the rows that pass every cut of a list, with all their columns", async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (list) => {
      await using ctx = new Context({ config: { "cut_large.least": 3 } });
      ctx.register(tableSource("peaks", tableOf(list)), large, even, both, good);
      using found = await ctx.getData("run", "good_peaks", { chunkSize: 4 });
      using expected = tableOf(list.filter(({ area, channel }) => area >= 3 && channel % 2 === 0));
      const plain = (table: Table) =>
        table.rows().map((row) => ({
          ...row,
          block: [...row.block as Int16Array],
          wave: [...row.wave as Uint16Array],
        }));
      assert.deepEqual(plain(found), plain(expected as unknown as Table));
    }),
    { numRuns: 60 },
  );
});

Deno.test("a cut is merged with its rows column by column", async () => {
  await using ctx = new Context();
  const peaks = tableOf([{ time: 1, channel: 0, area: 5, wave: [] }, {
    time: 2,
    channel: 1,
    area: 1,
    wave: [],
  }]);
  ctx.register(
    tableSource("peaks", peaks),
    large,
    defineMerge({ provides: "judged", dependsOn: ["peaks", "cut_large"] }),
  );
  const rows = (await ctx.getData("run", "judged")).rows();
  assert.deepEqual(rows.map(({ area, cut_large }) => [area, cut_large]), [[5, true], [1, false]]);
});

Deno.test("an empty list of cuts is refused", () => {
  assert.throws(
    () => defineCutList({ provides: "none", cuts: [], dataKind: "peaks" }),
    /"none": it names no cuts/,
  );
});
