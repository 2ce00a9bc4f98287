// What reading a run's files costs: text and binary to records and hits, through the plugins, on one core.
import { Context } from "@millrace/core";
import { parseSamples } from "@millrace/plugins-signal/formats/csv/samples";
import { csvHeader, csvRow } from "@millrace/plugins-signal/formats/csv/write";
import { createCompass } from "@millrace/plugins-signal/formats/compass/write";
import { hitThreshold } from "@millrace/plugins-signal/hits/hit-threshold";
import { records } from "@millrace/plugins-signal/records/records";
import { rawFiles } from "@millrace/plugins-signal/sources/raw-files";
import { lowerQuartile, type Measure } from "../_report.ts";
import { makeWaves } from "./data.ts";

const WIDTH = 800, CSV_ROWS = 8000, BIN_ROWS = 40_000, ROUNDS = 9;

async function timed(way: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let warm = 0; warm < 3; warm++) await way();
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    await way();
    times.push(performance.now() - before);
  }
  return lowerQuartile(times);
}

/** Text and binary files of the same kind of traces, and what their reading takes. */
export async function formatMeasures(): Promise<Measure[]> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_bench_" });
  try {
    const waves = makeWaves(CSV_ROWS, WIDTH);
    const row = (i: number) => waves.subarray((i % CSV_ROWS) * WIDTH, (i % CSV_ROWS + 1) * WIDTH);
    const csv = `${folder}/DataR_CH0@VX2730_1.CSV`, bin = `${folder}/DataR.BIN`;
    const lines = Array.from(
      { length: CSV_ROWS },
      (_, i) => csvRow({ time: BigInt(i) * 2_000_000n, samples: row(i) }),
    );
    await Deno.writeTextFile(csv, csvHeader() + lines.join(""));
    {
      await using writer = await createCompass(bin);
      for (let i = 0; i < BIN_ROWS; i++) {
        const time = i * 2_000_000;
        writer.append({
          board: 0,
          channel: i % 8,
          timeHi: Math.floor(time / 2 ** 32),
          timeLo: time % 2 ** 32,
          flags: 0,
        }, row(i));
        await writer.drain();
      }
    }
    const text = await Deno.readFile(csv), textBytes = text.length, binBytes = (await Deno.stat(bin)).size;

    const out = new Uint16Array(textBytes);
    const integers = await timed(() => {
      for (let at = text.indexOf(10) + 1; at < textBytes;) {
        const end = text.indexOf(10, at);
        let from = at;
        for (let column = 0; column < 7; column++) from = text.indexOf(59, from) + 1;
        if (parseSamples(text, from, end, 59, out) !== WIDTH) throw new Error("Samples are missing");
        at = end + 1;
      }
    });
    const through = async (input: string, type: string): Promise<number> => {
      await using ctx = new Context({
        config: { "raw_files.input": input, "raw_files.dt": "2 ns", "hit_threshold.threshold": 50 },
      });
      ctx.register(rawFiles, records, hitThreshold);
      return await timed(async () => {
        for await (const chunk of ctx.getStream("run_1", type, { chunkSize: 2000 })) chunk.release();
      });
    };
    const buffer = new Uint8Array(2 ** 20);
    const bytes = await timed(async () => {
      using file = await Deno.open(bin);
      while (await file.read(buffer) !== null);
    });
    const csvRaw = await through(csv, "raw_files"),
      csvHits = await through(csv, "hit_threshold");
    const binRaw = await through(bin, "raw_files"), binRecords = await through(bin, "records");
    const mb = (bytes: number, ms: number) => bytes / ms / 1e3;
    return [
      {
        name: "CSV text to integers",
        value: mb(textBytes, integers),
        unit: "MB/s",
        budget: 600,
        atLeast: true,
      },
      { name: "  CSV text to raw_files", value: mb(textBytes, csvRaw), unit: "MB/s" },
      { name: "CSV text to hits", value: mb(textBytes, csvHits), unit: "MB/s", budget: 300, atLeast: true },
      { name: "  CoMPASS bytes alone, from the page cache", value: mb(binBytes, bytes), unit: "MB/s" },
      { name: "  CoMPASS binary to raw_files", value: mb(binBytes, binRaw), unit: "MB/s" },
      {
        name: "CoMPASS binary to records",
        value: mb(binBytes, binRecords),
        unit: "MB/s",
        budget: 1500,
        atLeast: true,
      },
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  for (const { name, value, unit } of await formatMeasures()) console.log(name, Math.round(value), unit);
}
