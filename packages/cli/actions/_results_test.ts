import assert from "node:assert/strict";
import { Chunk } from "@millrace/core/chunk";
import { schema } from "@millrace/core/schema";
import { FolderStore } from "@millrace/core/store";
import { Table } from "@millrace/core/table";
import { memoryIo } from "../io.ts";
import { main } from "../program.ts";

const TRACE = schema({ time: "time", endtime: "time", dt: "u32", wave: "u16[4]" });

async function millrace(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = memoryIo();
  const code = await main(args, io);
  return { code, out: io.stdout, err: io.stderr };
}

async function put(root: string, dataType = "traces"): Promise<void> {
  const store = new FolderStore(root, { durable: false });
  const meta = { schema: TRACE, lineage: null, lineageHash: "4f1a" };
  await using writer = await store.writer({ runId: "run_7", dataType }, meta);
  using chunk = new Chunk(Table.from(TRACE, { time: [8n], endtime: [12n], dt: [1], wave: [[1, 2, 9, 3]] }), {
    start: 0n,
    end: 20n,
  });
  await writer.write(chunk);
  await writer.finish();
}

/** Run with each result replaced right after it was opened, so often. */
async function replacing(root: string, times: number, work: () => Promise<void>): Promise<void> {
  const { open } = FolderStore.prototype;
  let left = times;
  FolderStore.prototype.open = async function (key) {
    const result = await open.call(this, key);
    if (result && left-- > 0) await put(root, key.dataType);
    return result;
  };
  try {
    await work();
  } finally {
    FolderStore.prototype.open = open;
  }
}

const READERS: Record<string, string[]> = {
  "show": ["show", "DATA", "run_7", "traces", "--json"],
  "show --picture": ["show", "DATA", "run_7", "traces", "--picture"],
  "export": ["export", "DATA", "run_7", "traces", "--to", "DATA.jsonl"],
};

for (const [name, args] of Object.entries(READERS)) {
  Deno.test(`millrace ${name} reads a result that is replaced before its first chunk, up to a bound`, async () => {
    const root = await Deno.makeTempDir({ prefix: "millrace_results_" });
    try {
      await put(`${root}/data`);
      const run = () => millrace(...args.map((arg) => arg.replace("DATA", `${root}/data`)));
      const calm = await run();
      assert.equal(calm.code, 0, calm.err);
      await replacing(`${root}/data`, 3, async () => assert.deepEqual(await run(), calm));
      await replacing(`${root}/data`, 100, async () => {
        const { code, out, err } = await run();
        assert.deepEqual([code, out], [1, ""]);
        assert.match(err, /Cannot open run_7\/traces: each of 10 times it was replaced or removed before/);
      });
      assert.deepEqual(await Array.fromAsync(Deno.readDir(`${root}/data/run_7`), ({ name }) => name), [
        "traces-4f1a",
      ]);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}

Deno.test("millrace show lets go of the first result where the second cannot be opened", async () => {
  const root = await Deno.makeTempDir({ prefix: "millrace_results_" });
  try {
    await put(root);
    const { code, err } = await millrace("show", root, "run_7", "traces,nothing");
    assert.equal(code, 1);
    assert.match(err, /Cannot find "nothing" of run "run_7"/);
    const store = new FolderStore(root);
    await store.remove((await store.list())[0]!);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
