// The kernels against numpy and scipy in the same run, one core each: `deno task bench:signal`.
import { Context, Table, tableSource } from "@millrace/core";
import { basicFeatures } from "@millrace/plugins-signal/features/basic-features";
import {
  basicFeatureRows,
  butterworth,
  featureColumns,
  findPeaksInto,
  findThresholdHits,
  peakConditions,
  peakRoom,
  recordFeatureRows,
  savgolDesign,
  savgolFilterRows,
  sosDesign,
  sosfiltfiltRows,
} from "@millrace/plugins-signal/kernels";
import { recordsSchema } from "@millrace/plugins-signal/records/records";
import {
  featureRows,
  heapBase,
  memory,
  savgolRows,
} from "../../packages/plugins-signal/kernels/wasm/signal.wasm";
import { makeWaves } from "./_signal/data.ts";
import { formatMeasures } from "./_signal/formats.ts";
import { findPython, Peer } from "./_signal/peer.ts";
import { lowerQuartile, type Measure, report } from "./_report.ts";

const ROWS = 4000, WIDTH = 800, SOME = 1000, FEW = 1000, ROUNDS = 9;
// A run has the same traces again and again: what it costs without rows is not what is measured.
const RUN_ROWS = 5 * ROWS;

const found = findPython();
if ("missing" in found) {
  console.error(`Nothing to compare with: ${found.missing}`);
  Deno.exit(1);
}

const values = makeWaves(ROWS, WIDTH);
const offsets = Uint32Array.from({ length: ROWS + 1 }, (_, i) => i * WIDTH);
const part = values.subarray(0, SOME * WIDTH);
const file = await Deno.makeTempFile({ prefix: "millrace_bench_" });
await Deno.writeFile(file, new Uint8Array(values.buffer));
await using peer = new Peer(found.python, file, String(WIDTH), String(SOME), String(FEW));
const versions = await peer.ask<Record<string, string>>("versions");
await Deno.remove(file);

const columns = featureColumns(ROWS);
const smooth = new Float32Array(part.length);
const sg = savgolDesign(11, 2), bw = sosDesign(butterworth(4, [0.02, 0.2], { btype: "band" }));
const traces = Array.from(
  { length: FEW },
  (_, i) => Float64Array.from(values.subarray(i * WIDTH, (i + 1) * WIDTH), (sample) => -sample),
);
const conditions = peakConditions({ prominence: 25, width: 3 }), room = peakRoom(WIDTH);

// All samples in the module's memory, where a chain of kernels would have left them.
const base = (heapBase() + 63) & ~63, result = base + 2 * values.length, ownOffsets = result + 48 * ROWS;
memory.grow(Math.ceil((ownOffsets + 4 * offsets.length - memory.buffer.byteLength) / 65536) + 1);
new Uint16Array(memory.buffer, base, values.length).set(values);
new Uint32Array(memory.buffer, ownOffsets, offsets.length).set(offsets);

const records = Table.from(recordsSchema, {
  time: Array.from({ length: RUN_ROWS }, (_, i) => BigInt(i) * 2_000_000n),
  endtime: Array.from({ length: RUN_ROWS }, (_, i) => BigInt(i) * 2_000_000n + 1_600_000n),
  board: new Uint16Array(RUN_ROWS),
  channel: new Uint16Array(RUN_ROWS),
  record_id: BigInt64Array.from({ length: RUN_ROWS }, (_, i) => BigInt(i)),
  dt: new Int32Array(RUN_ROWS).fill(2000),
  length: new Uint32Array(RUN_ROWS).fill(WIDTH),
  flags: new Uint32Array(RUN_ROWS),
  baseline: new Float64Array(RUN_ROWS).fill(14000),
  polarity: new Int8Array(RUN_ROWS).fill(-1),
  wave: Array.from(
    { length: RUN_ROWS },
    (_, i) => values.subarray((i % ROWS) * WIDTH, (i % ROWS + 1) * WIDTH),
  ),
});
await using ctx = new Context();
ctx.register(tableSource("records", records, { dataKind: "records" }), basicFeatures);

async function throughEngine(): Promise<void> {
  for await (const chunk of ctx.getStream("run_1", "basic_features", { chunkSize: 2000 })) chunk.release();
}

interface Comparison {
  readonly name: string;
  /** Name of the peer's way. */
  readonly peer: string;
  readonly rows: number;
  /** Without one the figure is for information. */
  readonly budget?: number;
  readonly ours: () => unknown;
}

const comparisons: readonly Comparison[] = [
  {
    name: "features, block copy",
    peer: "features",
    rows: ROWS,
    budget: 4,
    ours: () => basicFeatureRows(values, offsets, ROWS, { baseline: 40 }, columns),
  },
  {
    name: "features, resident",
    peer: "features",
    rows: ROWS,
    budget: 7,
    ours: () => featureRows(base, ownOffsets, ROWS, 40, result),
  },
  {
    name: "basic_features through the engine",
    peer: "recordFeatures",
    rows: RUN_ROWS,
    budget: 4,
    ours: throughEngine,
  },
  {
    name: "Savitzky-Golay 11/2",
    peer: "savgol",
    rows: SOME,
    budget: 6,
    ours: () => savgolFilterRows(part, offsets, SOME, sg, smooth),
  },
  {
    name: "Butterworth filtfilt, order 4, band",
    peer: "filtfilt",
    rows: SOME,
    budget: 2.5,
    ours: () => sosfiltfiltRows(part, offsets, SOME, bw, smooth),
  },
  {
    name: "find_peaks, prominence and width",
    peer: "findPeaks",
    rows: FEW,
    budget: 15,
    ours: () => traces.reduce((sum, trace) => sum + findPeaksInto(trace, conditions, room), 0),
  },
];

// Each hit without extension, as the peer has it.
const window = { threshold: 30, left: 0, right: 0, truncate: false };
const hits = {
  edge_start: new Int32Array(20 * ROWS),
  edge_end: new Int32Array(20 * ROWS),
  position: new Int32Array(20 * ROWS),
  height: new Float32Array(20 * ROWS),
  integral: new Float32Array(20 * ROWS),
};

function findAllHits(): number {
  let found = 0;
  for (let i = 0; i < ROWS; i++) {
    found += findThresholdHits(values, i * WIDTH, (i + 1) * WIDTH, 14000, -1, window, hits, found);
  }
  return found;
}

/** Loops in numba, which strax is made of. */
const numba: readonly Comparison[] = versions.numba === undefined ? [] : [
  {
    name: "features, block copy, against numba",
    peer: "numbaFeatures",
    rows: ROWS,
    ours: () => basicFeatureRows(values, offsets, ROWS, { baseline: 40 }, columns),
  },
  { name: "hits above a threshold, against numba", peer: "numbaHits", rows: ROWS, ours: findAllHits },
];

const CALLS = 21;

/** The median of so many calls in a row, each giving milliseconds: the first ones wake the machine up. */
async function median(call: () => Promise<number>, calls = CALLS): Promise<number> {
  const times: number[] = [];
  for (let k = 0; k < calls; k++) times.push(await call());
  return times.sort((a, b) => a - b)[calls >> 1]!;
}

/** How long one call takes, ms. */
async function timed(way: () => unknown): Promise<number> {
  const before = performance.now();
  await way();
  return performance.now() - before;
}

const measures: Measure[] = [];
for (const { name, peer: way, rows, budget, ours } of [...comparisons, ...numba]) {
  for (let warm = 0; warm < 30; warm++) await ours();
  await peer.ask<number>(way);
  const mine: number[] = [], theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(await median(() => timed(ours)));
    theirs.push(await median(() => peer.ask<number>(way), 3));
  }
  const ratios = theirs.map((ms, i) => ms / mine[i]!).sort((a, b) => a - b);
  const us = 1e3 * lowerQuartile(mine) / rows;
  measures.push(
    {
      name: `${name}: times faster`,
      value: ratios[ratios.length >> 1]!,
      unit: "x",
      ...(budget === undefined ? {} : { budget, atLeast: true }),
    },
    { name: "  ours", value: us, unit: "us/trace" },
    { name: "  peer", value: 1e3 * lowerQuartile(theirs) / rows, unit: "us/trace" },
  );
}

const peaks = await peer.ask<number[][]>("peaks");
const differing = traces.filter((trace, i) => {
  const n = findPeaksInto(trace, conditions, room);
  return n !== peaks[i]!.length || peaks[i]!.some((peak, p) => peak !== room.peaks[p]);
}).length;
measures.push({
  name: "find_peaks: traces with other indices",
  value: differing,
  unit: `of ${FEW}`,
  budget: 0,
});

if (numba.length > 0) {
  measures.push({
    name: "hits: more or fewer than numba finds",
    value: Math.abs(findAllHits() - await peer.ask<number>("hits")),
    unit: "hits",
    budget: 0,
  });
}

// What the budgets are made of: the loop alone on what lies in the cache, copies in and out, what a run costs without rows.
const BLOCK_ROWS = 40, blocks = SOME / BLOCK_ROWS;
const smoothed = (ownOffsets + 4 * offsets.length + 16384) & ~63,
  weights = smoothed - 64,
  edges = smoothed - 8192;
memory.grow(4);
new Int16Array(memory.buffer, weights, 12).set([-36, 9, 44, 69, 84, 89, 84, 69, 44, 9, -36, 0]);
new Float64Array(memory.buffer, edges, 132).fill(0);
const blockIn = new Uint16Array(memory.buffer, base, BLOCK_ROWS * WIDTH);
const blockOut = new Float32Array(memory.buffer, smoothed, BLOCK_ROWS * WIDTH);
const few = records.slice(0, 10);
await using small = new Context();
small.register(tableSource("records", few, { dataKind: "records" }), basicFeatures);
const { baseline: levels, polarity: signs } = records.columns;
const searched = Int32Array.of(40, 90, 0, WIDTH);
const real = () => new Float32Array(ROWS),
  steps = { height: real(), amp: real(), area: real(), max_abs_diff: real() };
const perBlock = (work: (block: number) => void) => () => {
  for (let block = 0; block < blocks; block++) work(block);
};
const partsOf: readonly (readonly [name: string, unit: string, each: number, way: () => unknown])[] = [
  [
    "Savitzky-Golay: the loop alone, block in cache",
    "us/trace",
    SOME,
    perBlock(() => savgolRows(base, 0, ownOffsets, BLOCK_ROWS, smoothed, weights, 11, 429, 0, edges)),
  ],
  [
    "Savitzky-Golay: samples into the module's memory",
    "us/trace",
    SOME,
    perBlock((k) => blockIn.set(part.subarray(k * blockIn.length, (k + 1) * blockIn.length))),
  ],
  [
    "Savitzky-Golay: results out of it",
    "us/trace",
    SOME,
    perBlock((k) => smooth.set(blockOut, k * blockOut.length)),
  ],
  [
    "features: the loop alone, block in cache",
    "us/trace",
    SOME,
    perBlock(() => featureRows(base, ownOffsets, BLOCK_ROWS, 40, smoothed)),
  ],
  [
    "basic_features: the kernel with its copy",
    "us/trace",
    ROWS,
    () => recordFeatureRows(values, offsets, ROWS, levels, signs, searched, steps),
  ],
  ["engine: a run of ten records", "us", 1, async () => {
    for await (const chunk of small.getStream("run_1", "basic_features")) chunk.release();
  }],
];
for (const [name, unit, each, way] of partsOf) {
  for (let warm = 0; warm < 30; warm++) await way();
  measures.push({ name, value: 1e3 * await median(() => timed(way), 61) / each, unit });
}

const copy = new Uint16Array(values.length), times: number[] = [];
for (let round = 0; round < ROUNDS; round++) times.push(await timed(() => copy.set(values)));
measures.push({
  name: "memory copy, for scale",
  value: values.byteLength / lowerQuartile(times) / 1e6,
  unit: "GB/s",
});

measures.push(...await formatMeasures());

// What limits each number, with those of this run.
const of = (name: string) => measures.find((measure) => measure.name === name)!.value;
/** Of one comparison: the time a trace. */
const us = (name: string) =>
  measures[measures.findIndex((measure) => measure.name === `${name}: times faster`) + 1]!.value;
const share = (part: number, whole: number) => `${Math.round(100 * part / whole)} %`;
const speed = (us: number) => `${(2 * WIDTH / us / 1e3).toFixed(1)} GB/s`;
const ns = (us: number) => `${(1e3 * us).toFixed(0)} ns`;
const copied = 2 * WIDTH / of("memory copy, for scale") / 1e3;
const block = us("features, block copy"),
  resident = us("features, resident"),
  run = us("basic_features through the engine");
const loop = of("features: the loop alone, block in cache"), savgol = us("Savitzky-Golay 11/2");
const savgolLoop = of("Savitzky-Golay: the loop alone, block in cache"),
  zeroPhase = us("Butterworth filtfilt, order 4, band");
const peakSearch = us("find_peaks, prominence and width");
const integers = of("CSV text to integers"),
  text = of("  CSV text to raw_files"),
  textHits = of("CSV text to hits");
const bytes = of("  CoMPASS bytes alone, from the page cache"), decoded = of("  CoMPASS binary to raw_files");
const toRecords = of("CoMPASS binary to records");

/** Five digits and a semicolon. */
const BYTES_AN_INTEGER = 6;

const limits = [
  "What limits each, with the numbers of this run:",
  `- Features: memory. Copying a trace of ${2 * WIDTH} bytes takes ${
    ns(copied)
  }; the loop on samples in the cache ${ns(loop)} (${speed(loop)}), resident ${ns(resident)} (${
    speed(resident)
  }), with the copy in ${ns(block)} (${speed(block)}).`,
  `- Features through the engine: memory too; the kernel with its copy takes ${
    ns(of("basic_features: the kernel with its copy"))
  } of ${ns(run)} on a fifth of the records, the rest are keys that are ` +
  `copied and compared, and ${
    of("engine: a run of ten records").toFixed(0)
  } us that a run costs however many records it has (${
    share(of("engine: a run of ten records") / RUN_ROWS, run)
  } with ${RUN_ROWS}).`,
  `- Savitzky-Golay: arithmetic, then memory. The loop is ${
    share(savgolLoop, savgol)
  }; it has 26 vector operations for 8 samples (5 sums of ` +
  `samples, 6 interleavings, 6 multiply-adds, 5 sums, 2 conversions, 2 divisions) on three vector units, so 8.7 cycles at ` +
  `best, and takes ${
    (1e3 * savgolLoop * 8 / WIDTH).toFixed(1)
  } ns with the ends of the trace. The rest is 1.6 kB into the module's memory and 3.2 kB out of it.`,
  `- filtfilt: latency and registers. Each sample of the 4 sections waits for the one before, forwards and backwards: ${
    (1e3 * zeroPhase / (2 * 4 * WIDTH)).toFixed(2)
  } ns a sample, section and direction, with four traces side by side and no fused multiply-add.`,
  `- find_peaks: branches. ${
    (1e3 * peakSearch / WIDTH).toFixed(1)
  } ns a sample go into the search for maxima that stand out; a copy of the trace as f64 is ${
    share(4 * copied, peakSearch)
  } of it.`,
  `- CSV: decoding, about ${
    (1e3 * BYTES_AN_INTEGER / integers).toFixed(1)
  } ns an integer. To raw_files reading lines and ordering rows are added (${
    share(integers - text, integers)
  } slower), to hits baselines and thresholds (${share(integers - textHits, integers)}).`,
  `- CoMPASS: copies and events. The page cache alone gives ${(bytes / 1e3).toFixed(1)} GB/s (${
    share(toRecords, bytes)
  } of it is kept); each trace is copied out of the reading buffer into its table (to raw_files ${
    (decoded / 1e3).toFixed(1)
  } GB/s), which records shares and reads once more for the baseline (${(toRecords / 1e3).toFixed(1)} GB/s).`,
];

const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ") +
  (versions.numba === undefined ? " (numba is not installed: Debian's python3-numba)" : "");
report(
  `Kernels on [n, ${WIDTH}] 16-bit samples, against ${peers}; median of ${ROUNDS} pairs of medians`,
  measures,
  [limits.join("\n")],
);
