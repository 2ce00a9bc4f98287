// The engine's share: a fused chain of five trivial plugins against the same five functions called by hand on the same
// blocks into reused outputs.

import { Chunk, Context, definePlugin, type Plugin, schema, Table, tableSource } from "@millrace/core";
import type { Store, StoredResult } from "@millrace/core/store";
import { paired, report } from "./_report.ts";

const ROWS = 4_000_000;
const BLOCK = 50_000;

const pulses = schema({ time: "time", channel: "u16", x: "f32" });

function input(): Table {
  const table = Table.allocate(pulses, ROWS);
  const { time, channel, x } = table.columns;
  let seed = 12345;
  for (let i = 0; i < ROWS; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    time[i] = i * 1000 + (seed & 511);
    channel[i] = seed & 3;
    x[i] = (seed >>> 8) / 2 ** 24;
  }
  return table as Table;
}

// A function of its own for each, as five plugins would have.
const scale = [1.5, 0.5, 2, 0.25, 4];
const functions = scale.map((a, k) =>
  new Function("x", "y", `for (let i = 0; i < y.length; i++) y[i] = x[i] * ${a} + ${k};`) as (
    x: Float32Array,
    y: Float32Array,
  ) => void
);

function chain(): Plugin[] {
  return functions.map((apply, k) => {
    const from = k === 0 ? "pulses" : `step_${k}`;
    return definePlugin({
      provides: `step_${k + 1}`,
      dependsOn: [from],
      version: "1",
      saveWhen: "never",
      dataKind: "pulses",
      schema: { time: "time", x: "f32" },
      computeChunk(chunk, { emit }) {
        const out = emit(chunk.length);
        apply(chunk.table.get("x", "f32"), out.columns.x);
        return out;
      },
    });
  });
}

const table = input();
let sum = 0;
const kinds = { dataKind: "pulses" };
const cuts = Array.from({ length: ROWS / BLOCK }, (_, k) => BigInt(k * BLOCK) * 1000n);
const fromSource = new Context();
fromSource.register(tableSource("pulses", table, { ...kinds, cuts }), chain());

// The same blocks as stored chunks: what a chain costs without the source.
const blocks: Chunk[] = [];
for await (
  const { table, start, end, coverEnd, dataType, dataKind } of fromSource.getStream("run", "pulses")
) {
  blocks.push(new Chunk(table.compact(), { start, end, coverEnd, dataType, dataKind }));
}
const { hashes } = (await fromSource.plan("run", "pulses")).step("pulses");
const stored = {
  meta: { lineageHash: hashes.pulses },
  async *read(): AsyncGenerator<Chunk> {
    for (const { table, start, end, coverEnd, dataType, dataKind } of blocks) {
      yield new Chunk(table.share(), { start, end, coverEnd, dataType, dataKind });
    }
  },
} as unknown as StoredResult;
const refuse = () => Promise.reject(new Error("Nothing is written here"));
const store: Store = {
  open: ({ dataType }) => Promise.resolve(dataType === "pulses" ? stored : undefined),
  writer: refuse,
  list: refuse,
};
const fromStore = new Context({ store });
fromStore.register(tableSource("pulses", table, { ...kinds, cuts }), chain());

const outputs = functions.map(() => new Float32Array(BLOCK));
function byHand(): void {
  for (const { table } of blocks) {
    let block = table.get("x", "f32");
    for (let k = 0; k < functions.length; k++) {
      const y = outputs[k]!.subarray(0, block.length);
      functions[k]!(block, y);
      block = y;
    }
    sum += block[0]!;
  }
}

async function pipeline(ctx: Context, target: string): Promise<void> {
  for await (const chunk of ctx.getStream("run", target)) {
    sum += chunk.table.get("x", "f32")[0]!;
    chunk.release();
  }
}

const { ms, ratio } = await paired(31, 40, {
  "by hand": byHand,
  "fused chain": () => pipeline(fromStore, "step_5"),
  "source alone": () => pipeline(fromSource, "pulses"),
});
if (!Number.isFinite(sum)) throw new Error("The benchmark computed nothing");
report(`Five trivial plugins on ${ROWS} rows in blocks of ${BLOCK}`, [
  { name: "by hand", value: ms["by hand"]!, unit: "ms" },
  { name: "source alone", value: ms["source alone"]!, unit: "ms" },
  { name: "fused chain", value: ms["fused chain"]!, unit: "ms" },
  { name: "fused chain / by hand", value: ratio["fused chain"]!, unit: "x", budget: 1.2 },
]);
