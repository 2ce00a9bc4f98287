// Budgets of the store: the strax chain stored and loaded, against strax; reading a part of a result costs a part, and many chunks cost
// little.
import { Chunk } from "@millrace/core/chunk";
import { BufferPool } from "@millrace/core/buffers";
import { FolderStore, type StoredResult } from "@millrace/core/store";
import { type Schema, schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { JOURNAL_FILE, type JournalLine, JournalWriter } from "../../packages/core/store/_journal.ts";
import { fileName } from "../../packages/core/store/_journal.ts";
import { metadataText } from "../../packages/core/store/_metadata.ts";
import { lowerQuartile, type Measure, report } from "./_report.ts";
import { straxChain } from "./_store/chain.ts";

const RECORDS = schema({ time: "time", endtime: "time", channel: "u16", baseline: "f32", wave: "u16[800]" });
const GIB = 2 ** 30, TOTAL = 2 * GIB, ROWS = 12_500, STEP = 1_000_000n;
const KEY = { runId: "run", dataType: "records" };
const META = { schema: RECORDS as unknown as Schema, lineage: null, lineageHash: "4f1a" };

const root = await Deno.makeTempDir({ prefix: "millrace_bench_store_" });
try {
  report("The store", [
    ...await straxChain(`${root}/chain`),
    ...await ranges(`${root}/large`),
    ...await manyChunks(`${root}/many`),
  ]);
} finally {
  await Deno.remove(root, { recursive: true });
}

/** Bytes that this process has read so far, as the system counts them. */
async function bytesRead(): Promise<number> {
  const text = await Deno.readTextFile("/proc/self/io");
  return Number(/^rchar: (\d+)$/m.exec(text)![1]);
}

async function writeLarge(store: FolderStore): Promise<StoredResult> {
  const table = Table.allocate(RECORDS, ROWS);
  const { time, endtime, channel, baseline, wave } = table.columns;
  let state = 7;
  const next = () => state = (state * 48271) % 0x7fffffff;
  for (let i = 0; i < ROWS; i++) {
    time[i] = i * Number(STEP);
    endtime[i] = time[i]! + 1_600_000;
    channel[i] = next() & 15;
    baseline[i] = 8000;
  }
  for (let i = 0; i < wave.length; i++) wave[i] = 8000 + (next() & 31);
  await using writer = await store.writer(KEY, META, {
    target: { bytes: 2 ** 23, spanPs: 60n * 10n ** 12n },
  });
  const length = BigInt(ROWS) * STEP;
  for (let k = 0n; BigInt(table.nbytes) * k < BigInt(TOTAL); k++) {
    const moved = Table.wrap(RECORDS, ROWS, table.columns, { t0: k * length }) as unknown as Table;
    await writer.write(new Chunk(moved, { start: k * length, end: (k + 1n) * length }));
  }
  return await writer.finish();
}

/** A hundredth of the time of a result of 2 GiB, against all of it. */
async function ranges(folder: string): Promise<Measure[]> {
  const store = new FolderStore(folder, { durable: false });
  await writeLarge(store);
  const result = (await store.open(KEY))!;
  const { meta: { start, end, bytes } } = result;
  const pool = new BufferPool();
  const read = async (from: bigint, to: bigint) => {
    const before = await bytesRead(), began = performance.now();
    let rows = 0;
    for await (using chunk of result.read({ timeRange: [from, to], pool })) rows += chunk.length;
    return { rows, ms: performance.now() - began, bytes: await bytesRead() - before };
  };
  await read(start, end); // every file is compared with its checksum once
  const whole = await read(start, end);
  const part = (end - start) / 100n;
  const parts = [];
  for (let k = 0; k < 15; k++) {
    const from = start + BigInt(k * 6 + 1) * part + part / 3n;
    parts.push(await read(from, from + part));
  }
  const bytesShare = Math.max(...parts.map((one) => one.bytes)) / whole.bytes;
  const timeShare = lowerQuartile(parts.map(({ ms }) => ms)) / whole.ms;
  return [
    { name: "result", value: bytes / GIB, unit: "GiB" },
    { name: "read of all of it", value: bytes / 2 ** 20 / (whole.ms / 1000), unit: "MiB/s" },
    { name: "bytes read for 1 % of the time", value: 100 * bytesShare, unit: "% of all", budget: 3 },
    { name: "time for 1 % of the time", value: 100 * timeShare, unit: "% of all", budget: 5 },
  ];
}

/** A result of 100,000 chunks: its journal is written line by line and opened. */
async function manyChunks(folder: string): Promise<Measure[]> {
  const count = 100_000, place = `${folder}/run/records-4f1a`;
  await Deno.mkdir(place, { recursive: true });
  const lines: JournalLine[] = [];
  for (let k = 0; k < count; k++) {
    const start = BigInt(k) * 1_000_000_000n;
    const times = {
      start,
      end: start + 1_000_000_000n,
      coverEnd: start + 1_000_000_123n,
      firstStart: start + 5n,
    };
    const sha256 = k.toString(16).padStart(64, "0");
    lines.push({
      file: fileName(k),
      sha256,
      rows: 50_000,
      ...times,
      longestRow: 123n,
      bytes: 8_000_000,
      restarts: {},
    });
  }
  using journal = await JournalWriter.open(place, 0, false);
  const stretch = async (from: number, to: number) => {
    const began = performance.now();
    for (let k = from; k < to; k++) await journal.append([lines[k]!]);
    return 1000 * (performance.now() - began) / (to - from);
  };
  await stretch(0, 2000);
  const early = await stretch(2000, 12_000);
  await stretch(12_000, 90_000);
  const late = await stretch(90_000, count);
  const sealed = await journal.seal(place, lines);
  const last = lines.at(-1)!;
  const meta = {
    ...KEY,
    ...META,
    id: "bench",
    dataKind: "records",
    target: undefined,
    codec: "none" as const,
    created: new Date().toISOString(),
    notices: [],
    start: 0n,
    end: last.end,
    rows: 50_000 * count,
    bytes: 8_000_000 * count,
    longestRow: 123n,
  };
  const text = metadataText({ state: "complete", meta, chunks: count, journal: sealed });
  await Deno.writeTextFile(`${place}/metadata.json`, text);
  const store = new FolderStore(folder);
  const times: number[] = [];
  for (let k = 0; k < 7; k++) {
    const began = performance.now();
    const result = await store.open({ ...KEY, lineageHash: "4f1a" });
    times.push(performance.now() - began);
    if (result?.chunks.length !== count) throw new Error("Not all chunks were found");
  }
  const { size } = await Deno.stat(`${place}/${JOURNAL_FILE}`);
  return [
    { name: "journal of 100,000 chunks", value: size / 2 ** 20, unit: "MiB" },
    { name: "opening a result of 100,000 chunks", value: lowerQuartile(times), unit: "ms", budget: 300 },
    { name: "appending a line", value: early, unit: "µs" },
    { name: "appending behind 90,000 lines, against 2,000", value: late / early, unit: "x", budget: 1.5 },
  ];
}
