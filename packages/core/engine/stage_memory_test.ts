// Where the outputs of a stage lie, when its inputs and what is between its steps lie in the kernels' memory.

import assert from "node:assert/strict";
import { Chunk } from "../chunk/chunk.ts";
import { Account, BufferPool, MemoryBudgetError } from "../data/buffer_pool.ts";
import { isKernelMemory, kernelBuffers, placesInUse } from "../data/kernel_memory.ts";
import { schema, type TypedArray } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin } from "../plugin/define.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { type StageEnvironment, type StageResult, StageRunner, type StageStep } from "./stage.ts";

const columns = { time: "time", n: "i32", wave: "i16[2]" } as const;

/** Emits in the kernels' memory where it may, with the times and numbers of its input as they are. */
function sharing(provides: string, input: string): StageStep {
  const plugin = definePlugin({
    provides,
    dependsOn: [input],
    needs: { [input]: columns },
    version: "1",
    dataKind: "rows",
    schema: columns,
    computeChunk(chunk, { emit }) {
      const table = chunk.table as unknown as Table;
      seen.push(isKernelMemory((table.columns["n"] as TypedArray).buffer));
      const out = emit(chunk.length, { inKernelMemory: true, share: { time: table, n: table } });
      (out.columns.wave as Int16Array).set(table.columns["wave"] as Int16Array);
      return out;
    },
  }) as unknown as Plugin;
  return { plugin, options: {}, plain: {} };
}

const seen: boolean[] = [];

function rowsThere(): Table {
  const rows = { time: [1n, 2n, 3n], n: [4, 5, 6], wave: [[1, 2], [3, 4], [5, 6]] };
  return Table.from(schema(columns), rows, { pool: kernelBuffers }) as unknown as Table;
}

async function run(rows: Table, outputs: string[], given: Partial<StageEnvironment>): Promise<StageResult> {
  const steps = [sharing("a", "rows"), sharing("b", "a")];
  const environment = { runId: "run", pool: new BufferPool(), account: new Account(), notice: () => {} };
  const runner = new StageRunner({ id: "a+b", steps, outputs }, { ...environment, ...given });
  const info = { start: 0n, end: 10n, coverEnd: 4n, runId: "run", dataType: "rows", dataKind: "rows" };
  const chunk = new Chunk(rows.share(), info), own = { from: 0, to: 3 };
  const interval = { start: 0n, end: 10n, own, last: true, call: "compute" } as const;
  try {
    return await runner.run({ rows: chunk }, interval, new AbortController().signal);
  } finally {
    chunk.release();
  }
}

/** Whether numbers and samples are in the kernels' memory. */
const there = (table: Table | null | undefined) =>
  ["n", "wave"].map((name) => isKernelMemory((table!.columns[name] as TypedArray).buffer));

Deno.test("outputs that only the engine sees share columns with inputs, all others have them copied and no more than them", async () => {
  const rows = rowsThere(), before = placesInUse(), place = kernelBuffers.acquire(2 ** 12);
  const lent = {
    sourceFor: (type: string) => type === "a" ? { acquire: () => (place.retain(false), place) } : undefined,
    mayHave: (type: string, buffer: ArrayBufferLike) =>
      type === "a" && (buffer === place.buffer || buffer === rows.held[0]!.handle.buffer),
  };
  seen.length = 0;
  for (
    const [environment, a, b] of [
      [{}, [false, false], [false, false]],
      [{ lent }, [true, true], [false, false]],
      [{ lent: { ...lent, mayHave: (_, buffer) => buffer === place.buffer } }, [false, true], [false, false]],
    ] as [Partial<StageEnvironment>, boolean[], boolean[]][]
  ) {
    const { outputs } = await run(rows, ["a", "b"], environment);
    assert.deepEqual([there(outputs["a"]), there(outputs["b"])], [a, b]);
    for (const table of [outputs["a"], outputs["b"]]) {
      assert.deepEqual(table!.rows(), rows.rows());
      table!.release();
    }
    // The place's own reference stays; that the handle has no account.
    assert.equal(rows.held[0]!.handle.refs, 1);
    assert.equal(place.refs, 1);
  }
  assert.ok(seen.every(Boolean), "steps see columns where they are");
  place.release(false);
  assert.equal(placesInUse(), before);
  rows.release();
});

Deno.test("a budget that is spent where columns are copied leaves nothing", async () => {
  const rows = rowsThere();
  let done = 0, failed = 0;
  for (let limit = 2048; limit <= 2 ** 16; limit += 2048) {
    const account = new Account(limit);
    try {
      const { outputs } = await run(rows, ["a", "b"], { account });
      for (const table of Object.values(outputs)) table!.release();
      done++;
    } catch (error) {
      assert.ok((error as Error).cause instanceof MemoryBudgetError, String(error));
      failed++;
    }
    assert.equal(account.used, 0);
    assert.equal(rows.held[0]!.handle.refs, 1);
  }
  assert.ok(done > 0 && failed > 2, `${done} and ${failed}`);
  rows.release();
});
