// A 20 MB chunk of waveforms, written and read back, beside a plain file of as many bytes. Times of the two groups in MB/s:
// 20 divided by the time in seconds.
import { Chunk } from "../chunk/chunk.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import { type Schema, schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { encodeTable } from "./arrow.ts";
import { FolderStore } from "./store.ts";

const ROWS = 12_500;
const WIDTH = 800;
const records = schema({ time: "time", endtime: "time", channel: "u16", baseline: "f32", wave: "u16[800]" });

function makeChunk(): Chunk {
  const table = Table.allocate(records, ROWS);
  const { time, endtime, channel, baseline, wave } = table.columns;
  let state = 7;
  const next = () => state = (state * 48271) % 0x7fffffff;
  for (let i = 0; i < ROWS; i++) {
    time[i] = i * 1_000_000;
    endtime[i] = time[i]! + WIDTH * 2000;
    channel[i] = next() & 15;
    baseline[i] = 8000 + (next() & 63);
  }
  for (let i = 0; i < wave.length; i++) wave[i] = 8000 + (next() & 31);
  return new Chunk(table as unknown as Table, { start: 0n, end: BigInt(ROWS) * 1_000_000n });
}

const chunk = makeChunk();
const plain = new Uint8Array(chunk.table.nbytes).fill(3);
const key = { runId: "run", dataType: "records" };
const meta = { schema: records as unknown as Schema, lineage: null, lineageHash: "4f1a" };
const root = await Deno.makeTempDir({ prefix: "millrace_bench_" });
addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));

async function write(store: FolderStore): Promise<void> {
  await using writer = await store.writer(key, meta);
  await writer.write(chunk);
  await writer.finish();
}

const fast = new FolderStore(`${root}/fast`, { durable: false });
const durable = new FolderStore(`${root}/durable`);
await write(fast);
await Deno.writeFile(`${root}/plain`, plain);
const stored = (await fast.open(key))!;
const pool = new BufferPool();

Deno.bench({ name: "Deno.writeFile", group: "write 20 MB", baseline: true }, async () => {
  await Deno.writeFile(`${root}/plain`, plain);
});
Deno.bench({ name: "store, not durable", group: "write 20 MB" }, async () => await write(fast));
Deno.bench({ name: "store, durable", group: "write 20 MB" }, async () => await write(durable));
Deno.bench({ name: "encodeTable() alone", group: "write 20 MB" }, async () => {
  await encodeTable(chunk.table);
});

Deno.bench({ name: "Deno.readFile", group: "read 20 MB", baseline: true }, async () => {
  await Deno.readFile(`${root}/plain`);
});
Deno.bench({ name: "store", group: "read 20 MB" }, async () => {
  for await (using _ of stored.read({ pool }));
});
Deno.bench({ name: "store, two columns of five", group: "read 20 MB" }, async () => {
  for await (using _ of stored.read({ pool, columns: ["channel"] }));
});
Deno.bench({ name: "store, a tenth of the time", group: "read 20 MB" }, async () => {
  for await (using _ of stored.read({ pool, timeRange: [0n, BigInt(ROWS) * 100_000n] }));
});
