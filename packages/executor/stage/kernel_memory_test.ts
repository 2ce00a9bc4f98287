// The memory of the kernels, which threads have in common.

import assert from "node:assert/strict";
import { Account, BufferPool } from "@millrace/core/buffers";
import type { Chunk } from "@millrace/core/chunk";
import { Context } from "@millrace/core/context";
import { partsOf } from "@millrace/core/handoff";
import {
  freePlace,
  isKernelMemory,
  kernelBuffers,
  kernelsOr,
  memory,
  placesInUse,
  takePlace,
} from "@millrace/core/kernel-memory";
import { ownShare } from "@millrace/core/memory-share";
import { schema } from "@millrace/core/schema";
import { FolderStore } from "@millrace/core/store";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { ExecutorManager } from "../manager/executor_manager.ts";
import { adopt, Outbound, type Received, received } from "./_forms.ts";
import { behind, keeper, last, leaver, placed, places, sharing } from "./_places_testing.ts";

const N = 300;

function rowsIn(pool: typeof kernelBuffers | undefined): Table {
  return Table.from(schema({ time: "time", wave: "i16[8]" }), {
    time: Array.from({ length: N }, (_, k) => BigInt(k)),
    wave: Array.from({ length: N }, (_, k) => Int16Array.from({ length: 8 }, (_, i) => (i - 3) * k)),
  }, pool ? { pool } : {});
}

const cuts = Array.from({ length: 10 }, (_, k) => BigInt(30 * k));

/** Spans by the thread that has them. */
const owners = () => new Set(ownShare().spans.subarray(1).filter((owner) => owner !== 0));

Deno.test("threads read tables in the kernels' memory where they are, processes get copies", async () => {
  for (const [kind, isThere] of [["inline", 1], ["thread", 1], ["process", 0]] as const) {
    const rows = rowsIn(kernelBuffers);
    await using manager = new ExecutorManager({ defaultType: kind, defaultWorkers: 2 });
    await using ctx = new Context({ executor: manager });
    ctx.register(tableSource("rows", rows, { cuts }), places);
    const found = await ctx.getData("run", "places");
    const sums = Array.from({ length: N }, (_, k) => 4 * k);
    assert.deepEqual([...found.get("sum", "f64")], sums, kind);
    assert.ok([...found.get("isThere", "u8")].every((there) => there === isThere), kind);
    assert.ok(!isKernelMemory(found.get("sum", "f64").buffer));
    rows.release();
  }
});

Deno.test("a thread sees tables beyond what the memory held when the thread began", async () => {
  await using manager = new ExecutorManager({ defaultType: "thread", defaultWorkers: 2 });
  await using ctx = new Context({ executor: manager });
  const before = rowsIn(kernelBuffers);
  ctx.register(tableSource("rows", before, { cuts }), places);
  await ctx.getData("run", "places");
  const size = memory.buffer.byteLength, large = takePlace(size);
  const rows = rowsIn(kernelBuffers), wave = rows.get("wave", "i16[8]");
  assert.ok(wave.byteOffset >= size, `${wave.byteOffset} of ${size}`);
  await using next = new Context({ executor: manager });
  next.register(tableSource("rows", rows, { cuts }), places);
  const found = await next.getData("run", "places");
  assert.deepEqual([...found.get("sum", "f64")], Array.from({ length: N }, (_, k) => 4 * k));
  freePlace(large);
  rows.release();
  before.release();
});

Deno.test("threads take places of their own, and have none when they have ended", async () => {
  const before = owners();
  {
    await using manager = new ExecutorManager({ defaultType: "thread", defaultWorkers: 3 });
    await using ctx = new Context({ executor: manager });
    ctx.register(tableSource("rows", rowsIn(undefined), { cuts }), keeper);
    const found = await ctx.getData("run", "kept");
    const at = new Set(found.get("at", "f64"));
    assert.equal(at.size, 10);
    assert.ok(owners().size > before.size);
    for (const place of at) assert.ok(owners().has(ownShare().spans[1 + Math.floor(place / 2 ** 22)]!));
  }
  assert.deepEqual(owners(), before);
});

Deno.test("a thread that ends itself has no places any more", async () => {
  const before = owners();
  await using manager = new ExecutorManager({ defaultType: "thread", defaultWorkers: 2 });
  for (let round = 0; round < 3; round++) {
    await using ctx = new Context({ executor: manager });
    ctx.register(tableSource("rows", rowsIn(undefined), { cuts }), leaver);
    await assert.rejects(ctx.getData("run", "left"), /called Deno\.exit\(3\)/);
  }
  await manager.close();
  assert.deepEqual(owners(), before);
});

/** Stored and read results of `behind`, with `placed` stored too; how many rows said that they were placed. */
async function storedResults(root: string, defaultType: "inline" | "thread" | "process", says: boolean) {
  const store = new FolderStore(root);
  await using manager = new ExecutorManager({ defaultType, defaultWorkers: 2 });
  await using ctx = new Context({ executor: manager, store, save: { placed: "always", behind: "always" } });
  ctx.register(tableSource("rows", rowsIn(undefined), { cuts }), placed, behind);
  await ctx.run("run", "behind", { config: { "placed.says": says } });
  await using again = new Context({ store, config: { "placed.says": says } });
  again.register(tableSource("rows", rowsIn(undefined), { cuts }), placed, behind);
  const found = await again.getData("run", "placed"), sums = await again.getData("run", "behind");
  return {
    there: [...found.get("isThere", "u8")].filter((one) => one === 1).length,
    waves: [...found.get("wave", "i16[8]")],
    sums: [...sums.get("sum", "f64")],
  };
}

Deno.test("stored outputs of threads are placed in the kernels' memory, with the same rows, and nothing stays taken", async () => {
  const before = placesInUse(), root = await Deno.makeTempDir();
  try {
    const inline = await storedResults(`${root}/inline`, "inline", false);
    assert.equal(inline.there, 0);
    for (const kind of ["thread", "process"] as const) {
      const { waves, sums } = await storedResults(`${root}/${kind}`, kind, false);
      assert.deepEqual({ waves, sums }, { waves: inline.waves, sums: inline.sums }, kind);
    }
    const { there, sums } = await storedResults(`${root}/said`, "thread", true);
    // What the first stretches need is not known.
    assert.ok(there > 0 && there < N, `${there} of ${N} rows`);
    assert.deepEqual(sums, inline.sums);
    assert.ok(placesInUse() <= before); // those of other tests may have been collected meanwhile
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("what a thread that was given up may write to is never free again, also not when it is collected", async () => {
  const script = `
    import { acquireRegion, placesInUse } from "@millrace/core/kernel-memory";
    import { Lent } from ${JSON.stringify(new URL("./_forms.ts", import.meta.url))};
    const lend = (end) => {
      const lent = new Lent();
      lent.add("hits", acquireRegion(1000, Infinity));
      end(lent);
      lent.release();
    };
    lend((lent) => lent.abandon());
    lend(() => {});
    for (let k = 0; k < 20; k++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    console.log(placesInUse());
  `;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.js`, script);
    const config = new URL("../deno.json", import.meta.url).pathname;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--v8-flags=--expose-gc", "--config", config, `${folder}/main.js`],
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "1\n", new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Rows with a number that lie there. */
function numberedRows(): Table {
  return Table.from(schema({ time: "time", n: "i32", wave: "i16[8]" }), {
    time: Array.from({ length: N }, (_, k) => BigInt(k)),
    n: Int32Array.from({ length: N }, (_, k) => 1000 * k),
    wave: Array.from({ length: N }, (_, k) => Int16Array.from({ length: 8 }, (_, i) => (i - 3) * k)),
  }, { pool: kernelBuffers });
}

Deno.test("stored outputs share columns of inputs in the kernels' memory, which stay taken as long as they are needed", async () => {
  const sums = Array.from({ length: N }, (_, k) => 1004 * k), root = await Deno.makeTempDir();
  try {
    for (const kind of ["inline", "thread", "process"] as const) {
      for (const says of [false, true]) {
        const rows = numberedRows(), source = tableSource("rows", rows, { cuts }), before = placesInUse();
        const store = new FolderStore(`${root}/${kind} ${says}`);
        await using manager = new ExecutorManager({ defaultType: kind, defaultWorkers: 2 });
        await using ctx = new Context({
          executor: manager,
          store,
          save: { shared: "always", last: "always" },
        });
        ctx.register(source, sharing, last);
        await ctx.run("run", "last", { config: { "shared.says": says } });
        assert.ok(placesInUse() <= before, `${placesInUse()}, ${before} before`);
        await using again = new Context({ store, config: { "shared.says": says } });
        again.register(source, sharing, last);
        using found = await again.getData("run", "last"), shared = await again.getData("run", "shared");
        assert.deepEqual([...found.get("sum", "f64")], sums, kind);
        assert.deepEqual([...shared.get("n", "i32")], [...rows.get("n", "i32")], kind);
        assert.deepEqual([...shared.get("wave", "i16[8]")], [...rows.get("wave", "i16[8]")], kind);
        assert.equal(found.get("isShared", "u8").every((there) => there === 1), kind !== "process", kind);
        if (says && kind === "thread") assert.ok(shared.get("isThere", "u8").some((there) => there === 1));
        rows.release();
      }
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a target never lies in the kernels' memory, also where it shares columns of an input there", async () => {
  for (const kind of ["inline", "thread", "process"] as const) {
    const rows = numberedRows();
    await using manager = new ExecutorManager({ defaultType: kind, defaultWorkers: 2 });
    await using ctx = new Context({ executor: manager });
    ctx.register(tableSource("rows", rows, { cuts }), sharing);
    const found = [];
    for await (const chunk of ctx.getStream("run", "shared")) {
      assert.ok(chunk.table.held.every(({ handle }) => !isKernelMemory(handle.buffer)), kind);
      found.push(...chunk.table.get("n", "i32"));
      chunk.release();
    }
    assert.deepEqual(found, [...rows.get("n", "i32")], kind);
    rows.release();
  }
});

Deno.test("an output that lies in regions of an input keeps those, and no others", () => {
  const memory = { pool: new BufferPool({ shared: true }), account: new Account() };
  const before = placesInUse(), columns = schema({ time: "time", n: "i32" });
  const pool = kernelsOr(memory.pool, Infinity);
  const inputs = [[3, 4], [5, 6]].map((n) =>
    Table.from(columns, { time: [1n, 2n], n }, { pool, account: memory.account }) as unknown as Table
  );
  const [first, second] = inputs as [Table, Table];
  const out = new Outbound(true, memory);
  for (const table of inputs) out.table(table);
  assert.equal(out.buffers.length, 1); // of both regions
  const [{ buffer, byteOffset, byteLength }] = received(out.forms) as [Received];
  assert.ok(isKernelMemory(buffer) && buffer !== out.buffers[0]);
  for (const { byteOffset: at, byteLength: bytes } of inputs.map(({ held }) => held[0]!.handle)) {
    assert.ok(at >= byteOffset && at + bytes <= byteOffset + byteLength);
  }
  const share = { time: first, n: second };
  const merged = Table.allocate(columns, 2, { ...memory, t0: first.t0, share }) as unknown as Table;
  const parts = [second, merged].map((table) => partsOf(table, [...out.buffers]));
  const [one, both] = adopt(parts, [], out, memory) as [Table, Table];
  const handles = inputs.map(({ held }) => held[0]!.handle);
  assert.deepEqual(one.held.map(({ handle }) => handle), [handles[1]]);
  assert.deepEqual(both.held.map(({ handle }) => handle), handles);
  for (const table of [merged, first, second]) table.release();
  assert.equal(placesInUse(), before + 2);
  assert.deepEqual([one, both].map((table) => [...table.get("n", "i32")]), [[5, 6], [5, 6]]);
  both.release();
  assert.equal(placesInUse(), before + 1);
  one.release();
  assert.equal(placesInUse(), before);
  assert.equal(memory.account.used, 0);
  const outside = { ...parts[0]!, places: parts[0]!.places.map((at, k) => k % 6 === 1 ? at + 2 ** 16 : at) };
  assert.throws(() => adopt([outside], [], out, memory), /lies in a buffer of no input/);
});

Deno.test("targets that a run only stores may lie in the kernels' memory, those that are looked at don't", async () => {
  const root = await Deno.makeTempDir();
  try {
    for (const isLookedAt of [false, true]) {
      const rows = numberedRows(), store = new FolderStore(`${root}/${isLookedAt}`);
      await using manager = new ExecutorManager({ defaultType: "thread", defaultWorkers: 2 });
      await using ctx = new Context({ executor: manager, store });
      ctx.register(tableSource("rows", rows, { cuts }), sharing);
      let looks = 0;
      const take = ({ table }: Chunk) => {
        looks++;
        assert.ok(table.held.every(({ handle }) => !isKernelMemory(handle.buffer)));
      };
      await ctx.run("run", "shared", isLookedAt ? { take } : {});
      assert.equal(looks > 0, isLookedAt);
      using stored = await ctx.getData("run", "shared");
      assert.deepEqual([...stored.get("n", "i32")], [...rows.get("n", "i32")]);
      assert.deepEqual([...stored.get("wave", "i16[8]")], [...rows.get("wave", "i16[8]")]);
      assert.equal(stored.get("isThere", "u8").some((one) => one === 1), !isLookedAt);
      rows.release();
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
