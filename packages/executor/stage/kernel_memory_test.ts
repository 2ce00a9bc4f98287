// The memory of the kernels, which threads have in common.

import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import {
  freePlace,
  isKernelMemory,
  kernelBuffers,
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
import { behind, keeper, leaver, placed, places } from "./_places_testing.ts";

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
