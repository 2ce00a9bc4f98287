// Rows hours apart and times far from the start of the run: a chunk holds 2.5 hours, a run any time.

import assert from "node:assert/strict";
import type { Table } from "../data/table.ts";
import { schema } from "../data/schema.ts";
import { Table as Tables } from "../data/table.ts";
import { Context } from "../context/context.ts";
import { defineSource } from "../plugin/define.ts";
import type { Plugin, SourcePiece } from "../plugin/plugin.ts";
import { buildPlugin, columnsOf } from "./_model_testing.ts";
import { SHAPES } from "./_shapes_testing.ts";

const HOUR = 3600n * 10n ** 12n;
const FAR = 2n ** 62n;

/** A source with one row a piece, each from an origin of its own. */
function source(
  name: string,
  rows: readonly (readonly [t: bigint, e: bigint, c?: number])[],
  extent?: readonly [bigint, bigint],
): Plugin {
  const types = schema(columnsOf(name));
  return defineSource({
    provides: name,
    version: "1",
    schema: types,
    fingerprint: () => Promise.resolve(null),
    async *read() {
      let k = 0;
      for (const [t, e, c = 0] of rows) {
        const start = k === 0 ? extent?.[0] : undefined;
        const table: Table = Tables.from(types, {
          time: [t],
          endtime: [e],
          channel: [c],
          [`v_${name}`]: [++k],
        });
        const piece: SourcePiece = { table, end: t + 1n, ...(start === undefined ? {} : { start }) };
        yield piece;
      }
      const end = extent?.[1];
      if (end !== undefined) {
        yield { table: Tables.empty(types), end, ...(k === 0 ? { start: extent![0] } : {}) };
      }
    },
  });
}

async function rowsOf(
  plugins: Plugin[],
  target = "out",
  chunkSize?: number,
): Promise<[bigint, number, number][]> {
  await using ctx = new Context();
  ctx.register(...plugins);
  const rows: [bigint, number, number][] = [];
  let end: bigint | undefined;
  for await (using chunk of ctx.getStream("run", target, chunkSize === undefined ? {} : { chunkSize })) {
    assert.ok(end === undefined || chunk.start === end, "the stream has a hole");
    assert.ok(chunk.end - chunk.start <= 2n ** 53n);
    end = chunk.end;
    for (const row of chunk.table.rows()) {
      rows.push([row.time as bigint, row.channel as number, row[`v_${target}`] as number]);
    }
  }
  return rows;
}

const make = (name: string, types: readonly string[] = ["a"]): Plugin =>
  SHAPES.find((shape) => shape.name === name)!.make("out", types, (type) => type);

const hourly = Array.from({ length: 9 }, (_, k) => [BigInt(k) * HOUR, BigInt(k) * HOUR + 5n, k % 2] as const);

for (const origin of [0n, FAR - 40n * HOUR, -FAR, -FAR - 3n * HOUR]) {
  const rows = hourly.map(([t, e, c]) => [t + origin, e + origin, c] as const);
  const extent = [origin, origin + 30n * HOUR] as const;
  for (const name of ["row by row", "gap clusters", "sealed groups", "halo by touch", "reach left"]) {
    Deno.test(`rows hours apart from ${origin} ps on are kept by a plugin of the shape "${name}"`, async () => {
      const given = await rowsOf([source("a", rows, extent), make(name)]);
      const starts = [...new Set(given.map(([t]) => t))];
      assert.equal(name === "reach left" ? given.length : starts.length, name === "reach left" ? 18 : 9);
      if (name !== "reach left") assert.deepEqual(starts, rows.map(([t]) => t));
    });
  }

  Deno.test(`state is reset between rows hours apart from ${origin} ps on`, async () => {
    const given = await rowsOf([source("a", rows, extent), make("counter with reset")]);
    assert.deepEqual(given.map(([, , v]) => v), new Array(9).fill(0));
    const windows = await rowsOf([source("a", rows, extent), make("windows by channel")]);
    assert.deepEqual(windows.map(([t]) => t), rows.map(([t]) => t));
  });
}

Deno.test("inputs that begin hours apart are aligned for every boundary", async () => {
  const early = source("a", [[0n, 5n], [HOUR, HOUR + 5n]], [0n, HOUR + 9n]);
  const late = source("b", [[9n * HOUR, 9n * HOUR + 5n], [10n * HOUR, 10n * HOUR + 1n]], [
    9n * HOUR,
    11n * HOUR,
  ]);
  for (const name of ["clusters over the union", "boundaries by input"]) {
    const given = await rowsOf([early, late, make(name, ["a", "b"])]);
    assert.deepEqual(given.map(([t]) => t), [0n, HOUR, 9n * HOUR, 10n * HOUR], name);
    const swapped = await rowsOf([early, late, make(name, ["b", "a"])]);
    assert.deepEqual(swapped.map(([t]) => t), [0n, HOUR, 9n * HOUR, 10n * HOUR], `${name}, swapped`);
  }
});

Deno.test("inputs that begin hours apart are cut to the picosecond", async () => {
  // Beyond 2^53 only every second number is exact: a gap of 3 would pass for one of 4.
  const early = source("a", [[0n, 5n]], [0n, 9n]);
  for (let first = 0n; first < 6n; first++) {
    for (let distance = 1n; distance < 6n; distance++) {
      const t = 9n * HOUR + first;
      const late = source("b", [[t, t], [t + distance, t + distance]], [9n * HOUR - 3n, 9n * HOUR + 30n]);
      const given = await rowsOf([early, late, make("clusters over the union", ["a", "b"])]);
      const expected = distance >= 4n ? [0n, t, t + distance] : [0n, t];
      assert.deepEqual(given.map(([time]) => time), expected, `${first}, ${distance}`);
    }
  }
});

Deno.test("rows that come from tables with origins hours away are joined", async () => {
  const types = schema(columnsOf("a"));
  const at = [HOUR * 24n / 10n, HOUR * 48n / 10n];
  const rows = defineSource({
    provides: "a",
    version: "1",
    schema: types,
    fingerprint: () => Promise.resolve(null),
    async *read() {
      const table = (t: bigint, t0: bigint): Table =>
        Tables.from(types, { time: [t], endtime: [t + 1n], channel: [0], v_a: [1] }, { t0 });
      yield { table: table(at[0]!, 0n), start: at[0]! - 5n, end: at[0]! + 1n };
      yield { table: table(at[1]!, at[1]!), end: at[1]! + 1n };
    },
  });
  const held = buildPlugin(
    "out",
    ["a"],
    { stateful: { resetOnBreak: false }, initialState: () => ({}) },
    (view) => {
      if (!view.context.last) view.context.hold(Number(at[0]! - view.t0));
      return view.own;
    },
  );
  assert.deepEqual((await rowsOf([rows, held])).map(([t]) => t), at);
});

Deno.test("rows that a plugin holds back for hours are given in their order", async () => {
  // Nothing is given before the end; what was made hours ago and what is made now come together.
  const held = buildPlugin("out", ["a"], {
    stateful: { resetOnBreak: false },
    initialState: () => ({ first: undefined as bigint | undefined }),
  }, ({ own, t0, context }) => {
    const state = context.state as { first: bigint | undefined };
    if (own.length > 0) state.first ??= t0 + BigInt(own[0]!.t);
    if (state.first !== undefined && !context.last) context.hold(Number(state.first - t0));
    return own;
  });
  const rows = hourly.slice(0, 6);
  const given = await rowsOf([source("a", rows, [0n, 6n * HOUR]), held]);
  assert.deepEqual(given.map(([t]) => t), rows.map(([t]) => t));
});

Deno.test("a target size does not join rows that are too far apart for one chunk", async () => {
  const given = await rowsOf([source("a", hourly, [0n, 9n * HOUR]), {
    ...make("row by row"),
    running: { chunkSize: 100 },
  }]);
  assert.equal(given.length, 9);
});

Deno.test("a whole run that is longer than a chunk is refused, naming the plugin", async () => {
  await assert.rejects(rowsOf([source("a", hourly, [0n, 9n * HOUR]), make("whole run")]), {
    name: "PipelineError",
    plugin: "out",
    message: /2\^53 ps \(2\.5 h\)/,
  });
});

Deno.test("getData() refuses rows that are too far apart for one table", async () => {
  await using ctx = new Context();
  ctx.register(source("a", hourly));
  await assert.rejects(ctx.getData("run", "a"), { name: "RangeError", message: /2\.5 h/ });
});
