// Decoding and reading against reading the bytes alone and against an object an event. Bytes: about 65 MB.
import { BufferPool } from "@millrace/core/buffers";
import { simulateFiles } from "../../simulate/files.ts";
import { CompassDecoder } from "./decode.ts";
import { openCompass } from "./reader.ts";

const folder = await Deno.makeTempDir({ prefix: "millrace_bench_" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const run = { channels: 8, rate: 5000, duration: 1e12, samples: 800, seed: 7, coincidences: 0.1 };
const { files } = await simulateFiles(`${folder}/run`, run);
const split = await simulateFiles(`${folder}/split`, { ...run, split: "channel" });
const data = await Deno.readFile(files[0]!);
const pool = new BufferPool();
let sink = 0;

Deno.bench("bytes alone, 1 MiB at once", { group: "read", baseline: true }, async () => {
  const buffer = new Uint8Array(2 ** 20);
  using file = await Deno.open(files[0]!);
  for (let got = await file.read(buffer); got !== null; got = await file.read(buffer)) sink += buffer[0]!;
});

async function read(paths: readonly string[]): Promise<void> {
  for await (const { table } of openCompass(paths, { pool })) {
    sink += table.columns.wave.values[0]! + table.length;
    table.release();
  }
}

Deno.bench("openCompass(), one file", { group: "read" }, async () => {
  await read(files);
});
Deno.bench("openCompass(), a file a channel", { group: "read" }, async () => {
  await read(split.files);
});

Deno.bench("CompassDecoder, 64 KiB at once", { group: "decode" }, () => {
  using decoder = new CompassDecoder();
  for (let at = 0; at < data.length; at += 65536) {
    decoder.push(data.subarray(at, at + 65536));
    sink += decoder.count;
    decoder.head = decoder.count;
  }
});

Deno.bench("an object an event, samples copied", { group: "decode", baseline: true }, () => {
  const view = new DataView(data.buffer);
  const events = [];
  for (let at = 2; at < data.length;) {
    const samples = view.getUint32(at + 21, true);
    events.push({
      board: view.getUint16(at, true),
      channel: view.getUint16(at + 2, true),
      time: view.getBigUint64(at + 4, true),
      energy: view.getUint16(at + 12, true),
      flags: view.getUint32(at + 16, true),
      wave: new Uint16Array(data.slice(at + 25, at + 25 + 2 * samples).buffer),
    });
    at += 25 + 2 * samples;
  }
  events.sort((a, b) => a.time < b.time ? -1 : 1);
  sink += events.length;
});

addEventListener("unload", () => {
  if (sink === 0) throw new Error("Nothing was read");
});
