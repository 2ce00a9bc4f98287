// An interrupted run of raw files goes on without reading again what it has, and ends with the same bytes.

import assert from "node:assert/strict";
import { glob } from "node:fs/promises";
import { Context, FolderStore } from "@millrace/core";
import { ExecutorManager } from "@millrace/executor";
import { signalPlugins } from "@millrace/plugins-signal";
import { npyBytes } from "@millrace/plugins-signal/formats/npy/write";
import { straxBytes, straxDescription } from "@millrace/plugins-signal/formats/strax/write";
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
};

/** A twentieth of the time of each, ps: hits are few. */
const SPAN: Readonly<Record<string, bigint>> = {
  CoMPASS: 50_000_000_000n,
  npy: 400_000_000n,
  strax: 5_000_000_000n,
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
    ...(kind === "npy" ? { "raw_files.dt": "2ns" } : {}),
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
  const files = await Array.fromAsync(glob("input/**/*.{BIN,npy,bin}", { cwd }));
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

for (const kind of ["CoMPASS", "npy", "strax", "CoMPASS in a thread", "CoMPASS in a process"]) {
  Deno.test(
    `an interrupted run of ${kind} files goes on where it was in them, and ends with the same bytes`,
    inFolder(async (cwd) => {
      await MAKE[kind.split(" ")[0]!]!(cwd);
      const whole = await attempt(cwd, "whole", kind, Infinity);
      assert.ok(whole && whole.bytes === whole.total, JSON.stringify(whole));
      for (const part of PARTS) assert.ok(!await attempt(cwd, "parts", kind, part));
      for (const path of await inputsOf(cwd)) await spoil(path);
      const rest = await attempt(cwd, "parts", kind, Infinity);
      assert.ok(
        rest && rest.bytes < 0.75 * rest.total && rest.bytes > 0.2 * rest.total,
        JSON.stringify(rest),
      );
      assert.deepEqual(await filesOf(cwd, "parts"), await filesOf(cwd, "whole"));
      await assert.rejects(async () => {
        await attempt(cwd, "anew", kind, Infinity);
        assert.deepEqual(await filesOf(cwd, "anew"), await filesOf(cwd, "whole"));
      }, "what was spoiled is part of the input");
    }),
  );
}
