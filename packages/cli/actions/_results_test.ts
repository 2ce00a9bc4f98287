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

async function put(root: string, dataType = "traces", first = 1): Promise<void> {
  const store = new FolderStore(root, { durable: false });
  const meta = { schema: TRACE, lineage: null, lineageHash: "4f1a" };
  await using writer = await store.writer({ runId: "run_7", dataType }, meta);
  using chunk = new Chunk(
    Table.from(TRACE, { time: [8n], endtime: [12n], dt: [1], wave: [[first, 2, 9, 3]] }),
    {
      start: 0n,
      end: 20n,
    },
  );
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
  "copy": ["copy", "DATA", "run_7", "traces", "--to", "DATA.copy", "--verify"],
};

for (const [name, args] of Object.entries(READERS)) {
  Deno.test(`millrace ${name} reads a result that is replaced before its first chunk, up to a bound`, async () => {
    const root = await Deno.makeTempDir({ prefix: "millrace_results_" });
    try {
      await put(`${root}/data`);
      const run = () => millrace(...args.map((arg) => arg.replace("DATA", `${root}/data`)));
      await run();
      const calm = await run(); // what is copied is there already
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

Deno.test("millrace rechunk leaves no result that was written before it began in the place of a newer one", async () => {
  const root = await Deno.makeTempDir({ prefix: "millrace_results_" });
  const { writer } = FolderStore.prototype;
  try {
    const store = new FolderStore(root), key = { runId: "run_7", dataType: "traces" };
    const samples = async () => {
      for await (using chunk of (await store.open(key))!.read()) {
        return [...chunk.columns["wave"] as Uint16Array];
      }
    };
    /** Rechunk with other rows written each time just before it may write itself, so often. */
    const rechunk = async (times: number) => {
      let left = times;
      FolderStore.prototype.writer = async function (key, meta, options) {
        if (left-- > 0) {
          FolderStore.prototype.writer = writer;
          await put(root, "traces", 100 + left);
          FolderStore.prototype.writer = patched;
        }
        return await writer.call(this, key, meta, options);
      };
      const patched = FolderStore.prototype.writer;
      try {
        return await millrace("rechunk", root, "run_7", "traces");
      } finally {
        FolderStore.prototype.writer = writer;
      }
    };
    await put(root);
    assert.deepEqual(await rechunk(3), { code: 0, out: "run_7/traces: 1 chunks, 1 before\n", err: "" });
    assert.deepEqual(await samples(), [100, 2, 9, 3]);
    const { code, err } = await rechunk(100);
    assert.equal(code, 1);
    assert.match(
      err,
      /Cannot rechunk run_7\/traces: each of 10 times it was replaced or removed before it could be/,
    );
    assert.deepEqual(await samples(), [190, 2, 9, 3]);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${root}/run_7`), ({ name }) => name), [
      "traces-4f1a",
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("millrace copy and rechunk take one whole result while it is replaced again and again", async () => {
  const root = await Deno.makeTempDir({ prefix: "millrace_results_" });
  try {
    await put(`${root}/data`);
    let isDone = false;
    const replaced = (async () => {
      const script = new URL("./_replace_testing.ts", import.meta.url);
      const command = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--allow-all", script.href, `${root}/data`, "60"],
      });
      const { code, stderr } = await command.output();
      isDone = true;
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    })();
    let busy = 0, worked = 0;
    while (!isDone || worked === 0) {
      for (
        const args of [["copy", `${root}/data`, "--to", `${root}/copy`], [
          "rechunk",
          `${root}/data`,
          "run_7",
          "traces",
        ]]
      ) {
        const { code, err } = await millrace(...args);
        if (code === 0) worked++;
        else {
          // Who writes it at that moment, or writes it ten times meanwhile, is told.
          assert.match(err, /is writing it; wait until it has ended|each of 10 times it was replaced/);
          busy++;
        }
      }
    }
    await replaced;
    assert.ok(worked > 0, `${worked} times done, ${busy} times busy`);
    for (const store of ["data", "copy"]) {
      const { code, out } = await millrace("verify", `${root}/${store}`);
      assert.equal(code, 0, out);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
