// A stored result that a run goes on from: read by threads ahead of time, or in place, with the same rows, failures and ends.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Context, type RunOptions } from "@millrace/core/context";
import { PipelineError } from "@millrace/core/errors";
import { schema } from "@millrace/core/schema";
import { FolderStore, type Verify } from "@millrace/core/store";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { ExecutorManager } from "../manager/executor_manager.ts";
import { sums } from "./_sums_testing.ts";

const N = 400, LAST = N - 1;
const rows = Table.from(schema({ time: "time", wave: "i16[3]" }), {
  time: Array.from({ length: N }, (_, k) => BigInt(k)),
  wave: Array.from({ length: N }, (_, k) => Int16Array.from({ length: 3 }, (_, i) => i * k)),
});
const KINDS = ["inline", "thread", "process"] as const;
const managers = (): ExecutorManager[] =>
  KINDS.map((defaultType) => new ExecutorManager({ defaultType, defaultWorkers: 2 }));

interface Setting {
  readonly executor?: ExecutorManager;
  readonly memory?: string;
  readonly verify?: Verify;
}

function context(root: string, { executor, memory = "64MiB", verify = "first" }: Setting): Context {
  const ctx = new Context({
    store: new FolderStore(root, { verify }),
    save: { rows: "always", sums: "never" },
    memory,
    ...(executor && { executor }),
  });
  return ctx.register(tableSource("rows", rows), sums);
}

async function rowsOf(ctx: Context, type: string, options: RunOptions): Promise<string[]> {
  const found: string[] = [];
  for await (using chunk of ctx.getStream("run", type, options)) {
    found.push(...chunk.table.rows().map((row) => Deno.inspect(row)));
  }
  return found;
}

/** With stored rows in many small files; gives their folder. */
async function withStored(use: (root: string, folder: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    {
      await using ctx = context(root, {});
      await ctx.run("run", "rows", { storedChunks: { bytes: 160 } });
    }
    const [found] = await Array.fromAsync(Deno.readDir(`${root}/run`));
    await use(root, `${root}/run/${found!.name}`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("stored rows give the same in workers of every kind as in place, whatever the range, chunk size and budget", () =>
  withStored(async (root, folder) => {
    const files = (await Array.fromAsync(Deno.readDir(folder))).filter(({ name }) => name.endsWith(".arrow"));
    assert.ok(files.length > 20, `${files.length} files`);
    const all = managers();
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.nat(LAST - 1),
          fc.integer({ min: 1, max: N }),
          fc.constantFrom(undefined, 3, 50),
          fc.constantFrom("160KiB", "64MiB"),
          fc.constantFrom<Verify>("always", "first", "never"),
          async (from, length, chunkSize, memory, verify) => {
            const timeRange = [BigInt(from), BigInt(Math.min(from + length, N))] as const;
            for (const executor of all) {
              await using ctx = context(root, { executor, memory, verify });
              const plan = await ctx.plan("run", "sums");
              assert.ok(plan.steps.some(({ stored }) => stored));
              for (const type of ["sums", "rows"]) {
                const got = await rowsOf(ctx, type, { timeRange, ...(chunkSize && { chunkSize }) });
                const here = await rowsOf(ctx, type, { timeRange, executorType: "inline" });
                assert.equal(got.length, Number(timeRange[1] - timeRange[0]));
                assert.deepEqual(got, here);
              }
            }
          },
        ),
        { numRuns: 12 },
      );
    } finally {
      for (const manager of all) await manager[Symbol.asyncDispose]();
    }
  }));

for (const type of KINDS) {
  Deno.test(`a damaged file of stored rows is named when it is its turn, ${type}`, () =>
    withStored(async (root, folder) => {
      await using executor = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
      const path = `${folder}/000007.arrow`;
      const good = await Deno.readFile(path);
      const bad = good.slice();
      bad[100]! ^= 4;
      const before = async (message: RegExp) => {
        await using ctx = context(root, { executor });
        let until = -1n;
        await assert.rejects(async () => {
          for await (using chunk of ctx.getStream("run", "sums", { chunkSize: 1 })) until = chunk.end;
        }, (error: Error) => {
          assert.ok(error instanceof PipelineError, error.stack);
          assert.match(error.message, message);
          assert.ok(error.message.includes(path), error.message);
          return true;
        });
        return until;
      };
      await Deno.writeFile(path, bad);
      const until = await before(/its SHA-256 is [0-9a-f]{64}, not/);
      assert.ok(until > 0n, "chunks before it were given");
      await Deno.writeFile(path, good.subarray(0, 90));
      assert.equal(await before(/it has 90 bytes, not/), until);
      await Deno.remove(path);
      assert.equal(await before(/No such file/), until);
      await Deno.writeFile(path, good);
      await using ctx = context(root, { executor });
      using again = await ctx.getData("run", "sums");
      assert.equal(again.length, N);
    }));

  Deno.test(`leaving or aborting a run over stored rows lets go of what was read ahead, ${type}`, () =>
    withStored(async (root) => {
      await using executor = new ExecutorManager({ defaultType: type, defaultWorkers: 2 });
      for (let taken = 0; taken < 6; taken++) {
        for (const how of ["leave", "abort"] as const) {
          await using ctx = context(root, { executor });
          const abort = new AbortController();
          let count = 0;
          const take = async () => {
            for await (using _ of ctx.getStream("run", "sums", { chunkSize: 5, signal: abort.signal })) {
              if (++count <= taken) continue;
              if (how === "leave") return;
              abort.abort(new Error("Enough"));
            }
          };
          if (how === "leave") await take();
          else await assert.rejects(take(), /Enough/);
          assert.equal(count, taken + 1);
        }
      }
      await using ctx = context(root, { executor });
      const types = await ctx.store!.list();
      for (const summary of types) assert.equal(summary.problem, undefined);
      using rest = await ctx.getData("run", "sums");
      assert.equal(rest.length, N);
    }));
}
