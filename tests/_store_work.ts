// A program that computes results into a store, for the tests that kill it or let two of it race.
//
//   deno run _store_work.ts kill ROOT       computes one run, and says which rows it has computed
//   deno run _store_work.ts count ROOT      the same, of one plugin and keeping its results alone
//   deno run _store_work.ts race ROOT       computes run after run, each when a byte comes on standard input

import { Context, definePlugin, FolderStore, schema, type Store, Table, tableSource } from "@millrace/core";

const [what, root = ""] = Deno.args;
const ROWS = what === "race" ? 60 : 6000;
/** Rows that plugins were handed. */
let computed = 0;

const rows = schema({ time: "time", endtime: "time", channel: "u16", wave: "u16[8]" });

function pulses(): Table {
  const table = Table.allocate(rows, ROWS);
  const { time, endtime, channel, wave } = table.columns;
  let state = 7;
  const next = () => state = (state * 48271) % 0x7fffffff;
  for (let i = 0, at = 0; i < ROWS; i++) {
    at += next() % 100 === 0 ? 5000 : next() % 50;
    time[i] = at;
    endtime[i] = at + next() % 80;
    channel[i] = next() % 4;
  }
  for (let i = 0; i < wave.length; i++) wave[i] = next() & 0xfff;
  return table as unknown as Table;
}

const copies = definePlugin({
  provides: "copies",
  dependsOn: ["pulses"],
  version: "1",
  dataKind: "pulses",
  schema: { time: "time", endtime: "time", channel: "u16", sum: "f64" },
  needs: { pulses: { wave: "u16[8]" } },
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    computed += chunk.length;
    if (what !== "race") console.log(computed);
    for (let i = 0; i < chunk.length; i++) {
      out.columns.sum[i] = chunk.columns.wave.subarray(8 * i, 8 * i + 8).reduce((a, b) => a + b, 0);
    }
    return out;
  },
});

/** Numbers rows from the last stretch without any on. */
const numbered = definePlugin({
  provides: "numbered",
  dependsOn: ["copies"],
  version: "1",
  schema: { time: "time", endtime: "time", channel: "u16", number: "f64" },
  stateful: true,
  initialState: () => ({ count: 0 }),
  computeChunk(chunk, { emit, state }) {
    const { time, endtime, channel } = chunk.table.columns as Record<string, Float64Array>;
    const out = emit(chunk.length);
    for (let i = 0; i < chunk.length; i++) {
      out.columns.time[i] = time![i]!;
      out.columns.endtime[i] = endtime![i]!;
      out.columns.channel[i] = channel![i]!;
      out.columns.number[i] = state.count++;
    }
    return out;
  },
});

const target = { bytes: 3000, spanPs: 10_000n };

function tiny(folder: string): Store {
  const store = new FolderStore(folder);
  return {
    open: (key) => store.open(key),
    list: () => store.list(),
    writer: (key, meta, options) =>
      store.writer(key, meta, { ...options, target, keepRestMs: what === "kill" ? 0 : Infinity }),
  };
}

async function run(folder: string, chunkSize: number, save: readonly string[]): Promise<void> {
  await using ctx = new Context({ store: tiny(folder) });
  ctx.register(tableSource("pulses", pulses(), { dataKind: "pulses" }), copies, numbered);
  ctx.setConfig({ "numbered.breakThresholdPs": 3000 });
  const targets = what === "count" ? ["copies"] : ["copies", "numbered"];
  await ctx.run("run", targets, { chunkSize, save });
}

if (what === "kill") {
  console.log("go");
  await run(root, 97, ["pulses"]);
  console.log("done");
} else if (what === "count") {
  await run(root, 97, []);
  console.log("done");
} else {
  console.log("ready");
  const byte = new Uint8Array(1);
  for (let k = 0; await Deno.stdin.read(byte) !== null; k++) {
    computed = 0;
    await run(`${root}/${k}`, 10, []);
    console.log(computed);
  }
}
