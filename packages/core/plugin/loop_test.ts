import assert from "node:assert/strict";
import fc from "fast-check";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { option } from "../options/option.ts";
import { ShuffledExecutor } from "../testing/shuffled_executor.ts";
import { testPlugin } from "../testing/test_plugin.ts";
import { Context } from "../context/context.ts";
import { defineLoop } from "./loop.ts";
import { tableSource } from "./table_source.ts";

const types = { time: "time", endtime: "time", channel: "u16", value: "i32" } as const;

interface Row {
  time: number;
  length: number;
  channel: number;
}

const rows = fc.array(
  fc.record({
    time: fc.integer({ min: 0, max: 40 }),
    length: fc.integer({ min: 0, max: 9 }),
    channel: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 12 },
).map((list) => list.sort((a, b) => a.time - b.time || a.channel - b.channel || a.length - b.length));

const tableOf = (list: readonly Row[]) =>
  Table.from(schema(types), {
    time: list.map(({ time }) => BigInt(time)),
    endtime: list.map(({ time, length }) => BigInt(time + length)),
    channel: list.map(({ channel }) => channel),
    value: list.map((_, i) => i + 1),
  }, { t0: 0n });

/** Numbers of the related rows of both inputs, packed so that order counts. */
const loop = (relation: "contained" | "touching", dataKind?: string) =>
  defineLoop({
    provides: "looped",
    dependsOn: ["events", "hits", "peaks"],
    needs: { events: types, hits: types, peaks: types },
    version: "1",
    relation,
    ...(relation === "touching" ? { window: ({ margin }: { margin: number }) => margin } : {}),
    ...(dataKind === undefined ? {} : { dataKind }),
    schema: {
      time: "time",
      endtime: "time",
      channel: "u16",
      hits: "f64",
      peaks: "i32",
      value: "i32",
      first: "f64",
    },
    options: { margin: option.integer({ default: 0, help: "Margin" }) },
    computeRow({ base, index, related }, out, row) {
      const { hits, peaks } = related;
      out.hits[row] = 0;
      for (let k = 0; k < hits.count; k++) {
        out.hits[row] = out.hits[row]! * 13 + hits.columns.value[hits.rows[k]!]!;
      }
      out.peaks[row] = peaks.count;
      out.value[row] = base.value[index]!;
      out.first[row] = hits.count === 0
        ? NaN
        : hits.columns.time[hits.rows[0]!]! + hits.shift - base.time[index]!;
    },
  });

const related = (base: Row, list: readonly Row[], relation: string, w: number) =>
  list.flatMap((row, i) => {
    const end = row.time + row.length, baseEnd = base.time + base.length;
    const belongs = relation === "contained"
      ? row.time >= base.time && end <= baseEnd && row.time < baseEnd
      : row.time < baseEnd + w && (end > base.time - w || row.time >= base.time - w);
    return belongs ? [i] : [];
  });

for (const relation of ["contained", "touching"] as const) {
  for (const dataKind of [undefined, "events"]) {
    Deno.test(`a loop over ${relation} rows of ${dataKind ?? "its own"} kind is the same for every chunking`, async () => {
      await fc.assert(
        fc.asyncProperty(
          rows,
          rows,
          rows,
          fc.integer({ min: -2, max: 4 }),
          (events, hits, peaks, margin) =>
            testPlugin(loop(relation, dataKind), {
              inputs: { events: tableOf(events), hits: tableOf(hits), peaks: tableOf(peaks) },
              options: { "looped.margin": margin },
              chunkings: 5,
              ranges: 4,
              executors: [new ShuffledExecutor(1)],
            }),
        ),
        { numRuns: 12 },
      );
    });

    Deno.test(`a loop over ${relation} rows of ${dataKind ?? "its own"} kind finds what looking at all pairs finds`, async () => {
      await fc.assert(
        fc.asyncProperty(
          rows,
          rows,
          rows,
          fc.integer({ min: -2, max: 4 }),
          async (events, hits, peaks, margin) => {
            const w = relation === "touching" ? margin : 0;
            await using ctx = new Context({ config: { "looped.margin": margin } });
            const tables = { events: tableOf(events), hits: tableOf(hits), peaks: tableOf(peaks) };
            for (const [name, table] of Object.entries(tables)) ctx.register(tableSource(name, table));
            ctx.register(loop(relation, dataKind));
            const made = (await ctx.getData("run", "looped", { chunkSize: 3 })).rows();
            assert.equal(made.length, events.length);
            made.forEach((row, i) => {
              const base = events[i]!, found = related(base, hits, relation, w);
              assert.equal(row.time, BigInt(base.time));
              assert.equal(row.channel, base.channel);
              assert.equal(row.value, i + 1);
              assert.equal(row.hits, found.reduce((sum, k) => sum * 13 + k + 1, 0));
              assert.equal(row.peaks, related(base, peaks, relation, w).length);
              assert.equal(row.first, found.length === 0 ? NaN : hits[found[0]!]!.time - base.time);
            });
          },
        ),
        { numRuns: 60 },
      );
    });
  }
}

Deno.test("a loop without something to look at, or a window that means nothing, is refused", () => {
  const spec = { provides: "x", version: "1", schema: { time: "time" }, computeRow() {} } as const;
  assert.throws(() => defineLoop({ ...spec, dependsOn: ["events"] }), /name the base and what is looked at/);
  assert.throws(
    () => defineLoop({ ...spec, dependsOn: ["events", "hits"], window: 3 }),
    /a window is for the relation "touching"/,
  );
});

Deno.test("a loop's window must be a whole number of ps", async () => {
  const plugin = defineLoop({
    provides: "x",
    dependsOn: ["events", "hits"],
    version: "1",
    relation: "touching",
    window: 0.5,
    schema: { time: "time" },
    computeRow() {},
  });
  await using ctx = new Context();
  ctx.register(tableSource("events", tableOf([])), tableSource("hits", tableOf([])), plugin);
  await assert.rejects(ctx.plan("run", "x"), /window of loop "x" is 0.5/);
});
