// An interrupted run of raw files goes on without reading again what it has, and ends with the same bytes.

import assert from "node:assert/strict";
import { Context, FolderStore } from "@millrace/core";
import { ExecutorManager } from "@millrace/executor";
import { signalPlugins } from "@millrace/plugins-signal";
import { npyBytes } from "@millrace/plugins-signal/formats/npy/write";
import { straxBytes, straxDescription } from "@millrace/plugins-signal/formats/strax/write";
import { inFolder, millraceJson } from "./_cli.ts";

const TARGETS = ["raw_files", "hit_threshold"];
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

interface Attempt {
  /** Whether it came to its end. */
  readonly done: boolean;
  /** Bytes that the process has read, as the system counts them. */
  readonly bytes: number;
}

async function attempt(cwd: string, store: string, kind: string, until: number): Promise<Attempt> {
  const config = {
    "raw_files.input": `${cwd}/input`,
    ...(kind === "npy" ? { "raw_files.dt": "2ns" } : {}),
    "hit_threshold.threshold": 50,
  };
  await using executor = kind.endsWith("thread") ? new ExecutorManager({ defaultWorkers: 2 }) : undefined;
  await using ctx = new Context({ store: `${cwd}/${store}`, config, ...(executor && { executor }) });
  ctx.register(signalPlugins);
  const controller = new AbortController();
  const before = await bytesRead();
  let done = true;
  try {
    await ctx.run("run", TARGETS, {
      storedChunks: { bytes: 2 ** 18, spanPs: SPAN[kind.split(" ")[0]!]! },
      signal: controller.signal,
      chunkSize: 400,
      ...(executor && { executorType: "thread" as const }),
      onEvent: (event) => {
        if (event.type === "input" && event.done > until * event.total) {
          controller.abort(new Error("interrupted"));
        }
      },
    });
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    done = false;
  }
  return { done, bytes: await bytesRead() - before };
}

/** Bytes that this process has read so far; 0 where the system does not count them. */
async function bytesRead(): Promise<number> {
  if (Deno.build.os !== "linux") return 0;
  return Number(/^rchar: (\d+)$/m.exec(await Deno.readTextFile("/proc/self/io"))![1]);
}

async function filesOf(cwd: string, store: string): Promise<unknown[]> {
  const results = new FolderStore(`${cwd}/${store}`);
  return await Promise.all(TARGETS.map(async (dataType) => {
    const { meta, chunks } = (await results.open({ runId: "run", dataType }))!;
    return [meta.lineageHash, meta.start, meta.end, meta.rows, meta.notices, chunks];
  }));
}

async function sizeOf(cwd: string): Promise<number> {
  let size = 0;
  for (const folder of ["input", "input/RAW", "input/DAQ/RAW"]) {
    try {
      for await (const { name, isFile } of Deno.readDir(`${cwd}/${folder}`)) {
        if (isFile) size += (await Deno.stat(`${cwd}/${folder}/${name}`)).size;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return size;
}

for (const kind of ["CoMPASS", "npy", "strax", "CoMPASS in a thread"]) {
  Deno.test(
    `an interrupted run of ${kind} files goes on where it was in them, and ends with the same bytes`,
    inFolder(async (cwd) => {
      await MAKE[kind.split(" ")[0]!]!(cwd);
      const size = await sizeOf(cwd);
      assert.ok(size > 7e6, `the input has ${size} bytes`);
      const whole = await attempt(cwd, "whole", kind, Infinity);
      const bytes: number[] = [];
      for (const part of [...PARTS, Infinity]) {
        const { done, bytes: read } = await attempt(cwd, "parts", kind, part);
        assert.equal(done, part === Infinity);
        bytes.push(read);
      }
      assert.deepEqual(await filesOf(cwd, "parts"), await filesOf(cwd, "whole"));
      if (Deno.build.os !== "linux") return;
      // What is read beside the input (for fingerprints, modules, journals) is read by each again.
      const beside = whole.bytes - size, last = bytes.at(-1)!;
      assert.ok(
        last < 0.6 * size + beside,
        `${last} bytes were read, ${beside} of them not of the input, after three quarters of its ${size}`,
      );
    }),
  );
}
