// The inline engine: a row-by-row plugin, and two inputs of one kind whose chunks do not line up.

import { Context } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { defineMerge, definePlugin } from "../plugin/define.ts";
import { tableSource } from "../plugin/table_source.ts";

const ROWS = 500_000;
const STEP = 1000;

function pulses(name: string): Table {
  const table = Table.allocate(schema({ time: "time", channel: "u16", [name]: "f32" }), ROWS);
  const time = table.get("time", "time"),
    channel = table.get("channel", "u16"),
    value = table.get(name, "f32");
  for (let i = 0; i < ROWS; i++) {
    time[i] = i * STEP;
    channel[i] = i & 3;
    value[i] = i % 97;
  }
  return table as unknown as Table;
}

const cuts = (rows: number): bigint[] =>
  Array.from({ length: Math.floor(ROWS / rows) }, (_, k) => BigInt((k + 1) * rows * STEP));

const twice = definePlugin({
  provides: "twice",
  dependsOn: ["a"],
  needs: { a: { x: "f32" } },
  version: "1",
  dataKind: "pulses",
  schema: { time: "time", twice: "f32" },
  computeChunk(chunk, { emit }) {
    const { x } = chunk.columns;
    const out = emit(chunk.length);
    const { twice } = out.columns;
    for (let i = 0; i < x.length; i++) twice[i] = 2 * x[i]!;
    return out;
  },
});

const ctx = new Context();
ctx.register(
  tableSource("a", pulses("x"), { dataKind: "pulses", cuts: cuts(20_000) }),
  tableSource("b", pulses("y"), { dataKind: "pulses", cuts: cuts(13_000) }),
  twice,
  defineMerge({ provides: "ab", dependsOn: ["a", "b"] }),
);

async function rows(dataType: string): Promise<number> {
  let count = 0;
  for await (const chunk of ctx.getStream("run", dataType)) {
    count += chunk.length;
    chunk.release();
  }
  if (count !== ROWS) throw new Error(`${count} rows instead of ${ROWS}`);
  return count;
}

Deno.bench("a source alone, 500,000 rows", { group: "inline", baseline: true }, async () => {
  await rows("a");
});

Deno.bench("a source and a row-by-row plugin", { group: "inline" }, async () => {
  await rows("twice");
});

Deno.bench(
  "two sources aligned and merged, chunks of 20,000 and 13,000 rows",
  { group: "inline" },
  async () => {
    await rows("ab");
  },
);
