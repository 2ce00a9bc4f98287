// An interrupted run of raw files goes on without reading again what it has, and ends with the same bytes.

import assert from "node:assert/strict";
import { glob } from "node:fs/promises";
import { Context, FolderStore } from "@millrace/core";
import { ExecutorManager } from "@millrace/executor";
import { signalPlugins } from "@millrace/plugins-signal";
import { writeLh5 } from "@millrace/plugins-signal/formats/hdf5/write";
import { npyBytes } from "@millrace/plugins-signal/formats/npy/write";
import { straxBytes, straxDescription } from "@millrace/plugins-signal/formats/strax/write";
import { v1725Bytes } from "@millrace/plugins-signal/formats/v1725/write";
import { wavBytes } from "@millrace/plugins-signal/formats/wav/write";
import { waveDumpBytes } from "@millrace/plugins-signal/formats/wavedump/write";
import * as arrow from "apache-arrow";
import { parquetWriteBuffer } from "hyparquet-writer";
import { inFolder, millraceJson } from "./_cli.ts";

const TARGETS = ["raw_files", "hit_threshold", "hit_merged", "wave_pool", "st_waveforms"];
const SAMPLES = 200, RECORDS = 20_000;
/** Parts of the input after which a run is interrupted, one after the other. */
const PARTS = [0.2, 0.45, 0.75];

/** Noise, and a pulse in every fifth record. */
function samplesOf(record: number): number[] {
  let state = record + 1;
  return Array.from({ length: SAMPLES }, (_, k) => {
    state = (state * 48271) % 0x7fffffff;
    return 1000 + (state & 3) - (record % 5 === 0 && k > 80 && k < 95 ? 300 : 0);
  });
}

const records = (): number[] => Array.from({ length: RECORDS }, (_, i) => i);
/** Start of a record, ps: every 5 µs, a seventh of them later than the next one. */
const startOf = (i: number): number => 5_000_000 * i + (i % 7 === 0 ? 8_000_000 : 0);
const allSamples = (): Uint16Array => Uint16Array.from(records().values().flatMap(samplesOf));

const MAKE: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  CoMPASS: async (cwd) => {
    const size = ["--rate", "20kHz", "--duration", "1s", "--samples", String(SAMPLES), "--channels", "2"];
    await millraceJson(["sim", "--out", "input", ...size], { cwd });
  },
  npy: async (cwd) => {
    await Deno.mkdir(`${cwd}/input`);
    const values = Uint16Array.from({ length: RECORDS }, (_, i) => i).values().flatMap(samplesOf);
    await Deno.writeFile(`${cwd}/input/a.npy`, npyBytes(Uint16Array.from(values), SAMPLES));
  },
  strax: async (cwd) => {
    await Deno.mkdir(`${cwd}/input`);
    const records = Array.from({ length: RECORDS }, (_, i) => ({
      time: BigInt(5000 * i + (i % 3) * 7000),
      channel: i % 4,
      dt: 10,
      samples: samplesOf(i),
    }));
    await Deno.writeFile(`${cwd}/input/raw_records.bin`, straxBytes(records, SAMPLES));
    await Deno.writeTextFile(`${cwd}/input/raw_records.json`, straxDescription(SAMPLES, RECORDS));
  },
  V1725: async (cwd) => {
    await Deno.mkdir(`${cwd}/input`);
    const events = records().map((i) => ({
      channels: [{ channel: i % 3, time: BigInt(startOf(i) / 4000), samples: samplesOf(i) }],
    }));
    await Deno.writeFile(`${cwd}/input/a_b0.bin`, v1725Bytes(events));
  },
  WaveDump: async (cwd) => {
    await Deno.mkdir(`${cwd}/input`);
    // 4 ms from one to the next: the counter of times starts anew four times.
    for (const channel of [0, 1]) {
      const events = records().filter((i) => i % 2 === channel).map((i) => ({
        ...{ channel, time: BigInt(i) * 500_000n, samples: samplesOf(i) },
      }));
      await Deno.writeFile(`${cwd}/input/wave${channel}.dat`, waveDumpBytes(events));
    }
  },
  WAV: async (cwd) => {
    await Deno.mkdir(`${cwd}/input`);
    await Deno.writeFile(`${cwd}/input/a.wav`, wavBytes([allSamples()], { rate: 500_000_000, type: "i16" }));
  },
  HDF5: async (cwd) => {
    await Deno.mkdir(`${cwd}/input`);
    const timestamp = records().map((i) => startOf(i) / 1e12),
      column = (value: number) => records().fill(value);
    const table = { timestamp, channel: column(0), dt: column(2), width: SAMPLES, values: allSamples() };
    await writeLh5(`${cwd}/input/a.lh5`, { ch0: table });
  },
  Parquet: async (cwd) => {
    await Deno.mkdir(`${cwd}/input`);
    const schema = [
      { name: "root", num_children: 2 },
      { name: "time", type: "INT64", repetition_type: "REQUIRED" },
      { name: "wave", repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type: "INT32", repetition_type: "REQUIRED" },
    ];
    const columnData = [
      { name: "time", data: records().map((i) => BigInt(startOf(i))) },
      { name: "wave", data: records().map(samplesOf), encoding: "PLAIN" },
    ];
    const options = { columnData, schema, rowGroupSize: 500, codec: "UNCOMPRESSED" };
    await Deno.writeFile(`${cwd}/input/a.parquet`, new Uint8Array(parquetWriteBuffer(options as never)));
  },
  Arrow: async (cwd) => {
    await Deno.mkdir(`${cwd}/input`);
    const list = new arrow.List(new arrow.Field("item", new arrow.Uint16()));
    const batches = Array.from({ length: RECORDS / 500 }, (_, k) => {
      const some = records().slice(500 * k, 500 * (k + 1));
      return new arrow.Table({
        time: arrow.makeVector(BigInt64Array.from(some, (i) => BigInt(startOf(i)))),
        wave: arrow.vectorFromArray(some.map(samplesOf), list),
      }).batches;
    });
    await Deno.writeFile(`${cwd}/input/a.arrow`, arrow.tableToIPC(new arrow.Table(batches.flat()), "file"));
  },
};

/** Formats whose files do not say the sampling interval. */
const WITHOUT_DT: ReadonlySet<string> = new Set(["npy", "WaveDump", "Parquet", "Arrow"]);
/** What is read of a file before it is gone on with leaves nothing to spoil: of Arrow the head of each batch, of HDF5, packed, all is small. */
const WHOLE: ReadonlySet<string> = new Set(["Arrow", "HDF5"]);

/** A twentieth of the time of each, ps: hits are few. */
const SPAN: Readonly<Record<string, bigint>> = {
  CoMPASS: 50_000_000_000n,
  npy: 400_000_000n,
  strax: 5_000_000_000n,
  V1725: 5_000_000_000n,
  WaveDump: 4_000_000_000_000n,
  WAV: 400_000_000n,
  HDF5: 5_000_000_000n,
  Parquet: 5_000_000_000n,
  Arrow: 5_000_000_000n,
};

/** Run until `until` of the input is read; how much was, where that was the end. */
async function attempt(
  cwd: string,
  store: string,
  kind: string,
  until: number,
): Promise<{ readonly bytes: number; readonly total: number } | undefined> {
  const config = {
    "raw_files.input": `${cwd}/input`,
    ...(WITHOUT_DT.has(kind) ? { "raw_files.dt": "2ns" } : {}),
    ...(kind === "WAV" ? { "raw_files.recordLength": SAMPLES } : {}),
    "hit_threshold.threshold": 50,
  };
  const [, executorType] = /in a (thread|process)$/.exec(kind) as [string, "thread" | "process"] | null ?? [];
  await using executor = executorType && new ExecutorManager({ defaultWorkers: 2 });
  await using ctx = new Context({ store: `${cwd}/${store}`, config, ...(executor && { executor }) });
  ctx.register(signalPlugins);
  const controller = new AbortController();
  let read = { bytes: 0, total: 0 };
  try {
    await ctx.run("run", TARGETS, {
      storedChunks: { bytes: 2 ** 18, spanPs: SPAN[kind.split(" ")[0]!]! },
      signal: controller.signal,
      chunkSize: 400,
      ...(executorType && { executorType }),
      onEvent: (event) => {
        if (event.type !== "input") return;
        const { done, total, skipped } = event;
        read = { bytes: done - skipped, total };
        if (done > until * total) controller.abort(new Error("interrupted"));
      },
    });
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    return undefined;
  }
  return read;
}

async function filesOf(cwd: string, store: string): Promise<unknown[]> {
  const results = new FolderStore(`${cwd}/${store}`);
  return await Promise.all(TARGETS.map(async (dataType) => {
    const { meta, chunks } = (await results.open({ runId: "run", dataType }))!;
    return [meta.lineageHash, meta.start, meta.end, meta.rows, meta.notices, chunks];
  }));
}

/** The files of data. */
async function inputsOf(cwd: string): Promise<string[]> {
  const files = await Array.fromAsync(glob("input/**/*.{BIN,npy,bin,dat,wav,parquet,lh5,arrow}", { cwd }));
  assert.ok(files.length > 0);
  return files.map((file) => `${cwd}/${file}`);
}

/**
 * Make the first part of each file unreadable, behind what is looked at of every file: neither its fingerprint nor its beginning
 * tells. Whoever reads it there finds other rows, or fails.
 */
async function spoil(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const { size } = await file.stat();
  const from = 1.1 * 2 ** 20, to = Math.min(0.4 * size, size - 2 ** 20);
  assert.ok(to - from > 2 ** 18, `"${path}" has ${size} bytes`);
  await file.seek(Math.floor(from), Deno.SeekMode.Start);
  const bytes = new Uint8Array(Math.floor(to - from)).fill(0xff);
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

for (const kind of [...Object.keys(MAKE), "CoMPASS in a thread", "CoMPASS in a process"]) {
  Deno.test(
    `an interrupted run of ${kind} files goes on where it was in them, and ends with the same bytes`,
    inFolder(async (cwd) => {
      await MAKE[kind.split(" ")[0]!]!(cwd);
      const whole = await attempt(cwd, "whole", kind, Infinity);
      assert.ok(whole && whole.bytes === whole.total, JSON.stringify(whole));
      for (const part of PARTS) assert.ok(!await attempt(cwd, "parts", kind, part));
      if (!WHOLE.has(kind)) { for (const path of await inputsOf(cwd)) await spoil(path); }
      const rest = await attempt(cwd, "parts", kind, Infinity);
      assert.ok(
        rest && (WHOLE.has(kind) || rest.bytes < 0.75 * rest.total && rest.bytes > 0.2 * rest.total),
        JSON.stringify(rest),
      );
      assert.deepEqual(await filesOf(cwd, "parts"), await filesOf(cwd, "whole"));
      if (WHOLE.has(kind)) return;
      await assert.rejects(async () => {
        await attempt(cwd, "anew", kind, Infinity);
        assert.deepEqual(await filesOf(cwd, "anew"), await filesOf(cwd, "whole"));
      }, "what was spoiled is part of the input");
    }),
  );
}
