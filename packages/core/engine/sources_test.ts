import assert from "node:assert/strict";
import { Context } from "../context/context.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin, defineSource } from "../plugin/define.ts";
import type { Plugin, SourcePiece } from "../plugin/plugin.ts";
import { FolderStore } from "../store/store.ts";
import { PipelineError } from "./errors.ts";
import { type Executor, InlineExecutor } from "./executor.ts";

const rows = schema({ time: "time", value: "u8" });
const table = (time: number[]): Table =>
  Table.from(rows, { time, value: time.map(() => 1) }) as unknown as Table;

function source(read: () => AsyncIterable<SourcePiece>): Plugin {
  return defineSource({
    provides: "a",
    version: "1",
    schema: { time: "time", value: "u8" },
    read,
    fingerprint: () => Promise.resolve("a"),
  });
}

/** A source of those pieces, whatever they are. */
const giving = (...pieces: unknown[]): Plugin =>
  source(async function* () {
    yield* pieces as SourcePiece[];
  });

async function timesOf(plugin: Plugin): Promise<bigint[]> {
  await using ctx = new Context();
  ctx.register(plugin);
  return [...(await ctx.getData("run", "a")).times()];
}

Deno.test("a first piece of unsorted rows before 0 starts the run at the earliest", async () => {
  assert.deepEqual(await timesOf(giving({ table: table([5, -3, 3]), end: 10n })), [-3n, 3n, 5n]);
});

Deno.test("a piece that is none, or has other columns, is refused by name", async () => {
  const other = Table.from(schema({ time: "time", z: "u8" }), { time: [1n], z: [1] });
  const refused: [unknown, RegExp][] = [
    [undefined, /read gave undefined, not \{ table, end \}/],
    [{ table: null, end: 10n }, /read gave a piece without a table/],
    [{ table: table([1]), end: 10 }, /start and end are bigint picoseconds/],
    [{ table: other, end: 10n }, /"a" does not fit its schema: column "value" is missing, not u8/],
  ];
  for (const [piece, message] of refused) {
    await assert.rejects(timesOf(giving(piece)), (error) => {
      assert.ok(error instanceof PipelineError);
      assert.equal(error.plugin, "a");
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("a piece that goes back in time is told what a piece holds", async () => {
  const back = giving({ table: table([1]), end: 10n }, { table: table([5]), end: 20n });
  await assert.rejects(
    timesOf(back),
    /starts at 5 ps.*before 10 ps.*a piece holds the rows from the end of the piece/,
  );
});

/** A source without end whose `return` fails. */
const untidy = (): Plugin =>
  source(() => ({
    [Symbol.asyncIterator]() {
      let k = 0;
      return {
        next: () => {
          k += 10;
          return Promise.resolve({ done: false, value: { table: table([k - 10]), end: BigInt(k) } });
        },
        return: () => {
          throw new Error("cleanup failed");
        },
      };
    },
  }));

Deno.test("a source that fails to clean up hides neither the failure of the run nor leaves files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using ctx = new Context({ store: new FolderStore(folder) });
    const failing = definePlugin({
      provides: "o",
      dependsOn: ["a"],
      version: "1",
      schema: { time: "time" },
      computeChunk(chunk) {
        if (chunk.start > 50n) throw new Error("the real reason");
        return null;
      },
    });
    ctx.register(untidy(), failing);
    await assert.rejects(ctx.run("r", "o"), (error) => {
      assert.ok(error instanceof PipelineError);
      assert.match(error.message, /Plugin "o" failed.*the real reason/);
      return true;
    });
    const left = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    assert.deepEqual(left, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a source that fails to clean up after a stream was left is reported", async () => {
  await using ctx = new Context();
  ctx.register(untidy());
  await assert.rejects(async () => {
    for await (const chunk of ctx.getStream("r", "a")) {
      chunk.release();
      break;
    }
  }, /Plugin "a" failed.*cleanup failed/);
});

Deno.test("a run without any input replaces what was stored by an empty result", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [pieces, version] of [[[{ table: table([1, 2]), end: 10n }], "1"], [[], "2"]] as const) {
      await using ctx = new Context({ store: folder });
      ctx.register({ ...giving(...pieces), version, saveWhen: "target" });
      await ctx.run("r", "a");
    }
    const result = await new FolderStore(folder).open({ runId: "r", dataType: "a" });
    assert.equal(result?.meta.rows, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("planning ends when its signal is aborted, however long a fingerprint takes", async () => {
  await using ctx = new Context();
  ctx.register({ ...giving(), fingerprint: () => new Promise(() => {}) });
  const controller = new AbortController();
  const planned = ctx.plan("r", "a", { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(planned, /enough/);
});

/** An executor that reads sources elsewhere; `most` becomes the most pieces that were asked for and not there. */
function elsewhere(): { readonly executor: Executor; readonly most: () => number } {
  const inline = new InlineExecutor();
  let asked = 0, most = 0;
  const executor: Executor = {
    name: "elsewhere",
    concurrency: 1,
    submit: (...task) => inline.submit(...task),
    forget: (stage) => inline.forget(stage),
    readSource: (step, context) => {
      const pieces = step.plugin.read!(context)[Symbol.asyncIterator]();
      const next = async () => {
        most = Math.max(most, ++asked);
        await new Promise((resolve) => setTimeout(resolve, 2));
        const piece = await pieces.next();
        asked--;
        return piece;
      };
      return { [Symbol.asyncIterator]: () => ({ next, return: () => pieces.return!() }) };
    },
  };
  return { executor, most: () => most };
}

/** Pieces of one row each. */
const several = (pieces: number, failing = false): Plugin =>
  source(async function* () {
    for (let k = 0; k < pieces; k++) yield { table: table([k]), end: BigInt(k + 1) };
    if (failing) throw new Error("The detector is off");
  });

Deno.test("of a source that is read elsewhere the next pieces are asked for ahead, and come in order", async () => {
  const { executor, most } = elsewhere();
  await using ctx = new Context({ executor });
  ctx.register(several(20));
  const data = await ctx.getData("run", "a");
  assert.deepEqual([...data.times()], Array.from({ length: 20 }, (_, k) => BigInt(k)));
  assert.equal(most(), 2);
});

Deno.test("what was read before a source failed elsewhere is given, and then the failure, once", async () => {
  const { executor } = elsewhere();
  await using ctx = new Context({ executor });
  ctx.register(several(5, true));
  const times: bigint[] = [];
  await assert.rejects(async () => {
    for await (using chunk of ctx.getStream("run", "a")) times.push(...chunk.table.times());
  }, /The detector is off/);
  assert.deepEqual(times, [0n, 1n, 2n, 3n, 4n]);
});

/** What is told of the input of two pieces, of which the second is gone on with behind 40 bytes that are passed over. */
async function inputTold(executor: Executor | undefined): Promise<unknown[]> {
  const plugin = defineSource({
    provides: "a",
    version: "1",
    schema: { time: "time", value: "u8" },
    fingerprint: () => Promise.resolve("a"),
    async *read({ progress }) {
      progress(50, 100, 40);
      yield { table: table([0]), end: 10n };
      progress(75, 100, 40);
      progress(100, 100, 40);
      yield { table: table([10]), end: 20n };
    },
  });
  const told: unknown[] = [];
  await using ctx = new Context({
    ...(executor && { executor }),
    onEvent: (event) => {
      if (event.type === "input") told.push([event.done, event.total, event.skipped, event.until]);
      if (event.type === "chunk") told.push(event.end);
    },
  });
  ctx.register(plugin);
  await ctx.getData("run", "a");
  return told;
}

Deno.test("up to which byte the rows before a time lie is told before they are given", async () => {
  assert.deepEqual(await inputTold(undefined), [
    [50, 100, 40, undefined],
    [40, 100, 40, 0n],
    [50, 100, 40, 10n],
    10n,
    [75, 100, 40, undefined],
    [100, 100, 40, undefined],
    [100, 100, 40, 20n],
    20n,
    [100, 100, 40, undefined],
  ]);
});

Deno.test("of a source that is read elsewhere ahead, the bytes are told with the piece that they hold", async () => {
  const inline = new InlineExecutor();
  const executor: Executor = {
    name: "elsewhere",
    concurrency: 1,
    submit: (...task) => inline.submit(...task),
    forget: (stage) => inline.forget(stage),
    readSource: (step, context, ran) => {
      const pieces = step.plugin.read!(context)[Symbol.asyncIterator]();
      const next = async () => {
        const piece = await pieces.next();
        ran?.({ worker: "elsewhere 1", began: 0, ended: 0 });
        return piece;
      };
      return { [Symbol.asyncIterator]: () => ({ next, return: () => pieces.return!() }) };
    },
  };
  assert.deepEqual(await inputTold(executor), [
    [40, 100, 40, 0n],
    [50, 100, 40, 10n],
    10n,
    [100, 100, 40, 20n],
    20n,
    [100, 100, 40, undefined],
  ]);
});
