// The data set that strax was measured on: 1,115,803 fragments of pulses, made by a script of the shared reference folder.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Table } from "@millrace/core";
import type { BufferSource } from "@millrace/core/buffers";
import { rawRecordsSchema, type RawRecordTypes } from "@millrace/plugins-signal/strax/schemas";

const SHARED = fileURLToPath(new URL("../../shared/bench/strax/", import.meta.url));
const MAKER = join(SHARED, "make_data.py");
const SIZE = 244, SAMPLES = 110;

/** What the script and a run of strax said about the data. */
export const golden = (): Record<string, number | string> =>
  JSON.parse(Deno.readTextFileSync(join(SHARED, "kernels.json"))).golden;

/** A Python with numpy, or what is missing for the data. */
export function straxData(): { readonly python: string } | { readonly missing: string } {
  if (!existsSync(MAKER)) return { missing: "../shared/bench/strax not found" };
  for (const python of ["/usr/bin/python3", "python3"]) {
    try {
      const { success } = new Deno.Command(python, { args: ["-c", "import numpy"], stderr: "null" })
        .outputSync();
      if (success) return { python };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { missing: "no python3 with numpy: apt-get install python3-numpy" };
}

/** The folder with the data, made once on a machine. */
export async function makeStraxData(python: string): Promise<string> {
  const script = await Deno.readTextFile(MAKER);
  const folder = join(
    tmpdir(),
    `millrace_strax_${createHash("sha256").update(script).digest("hex").slice(0, 12)}`,
  );
  if (existsSync(join(folder, "raw_records.json"))) return folder;
  const making = await Deno.makeTempDir({ prefix: "millrace_strax_" });
  const { success, stderr } = await new Deno.Command(python, { args: [MAKER, "12", making] }).output();
  if (!success) throw new Error(`Cannot make the data: ${new TextDecoder().decode(stderr)}`);
  try {
    await Deno.rename(making, folder);
  } catch (error) {
    if (!existsSync(join(folder, "raw_records.json"))) throw error; // another process was first
    await Deno.remove(making, { recursive: true });
  }
  return folder;
}

/** The fragments of one of the 12 chunks, or of all, as a table; their times are ps. */
export function readStraxData(folder: string, pool?: BufferSource): Table<RawRecordTypes> {
  const { chunks, n_records: rows } = JSON.parse(Deno.readTextFileSync(join(folder, "raw_records.json")));
  const options = { widths: { data: SAMPLES }, ...(pool ? { pool } : {}) };
  const table = Table.allocate(rawRecordsSchema, rows, options);
  const { time, endtime, channel, dt, length, pulse_length, record_i, polarity, data } = table.columns;
  using file = Deno.openSync(join(folder, "raw_records.bin"));
  polarity.fill(0); // not known
  let row = 0;
  for (const { n } of chunks as { n: number }[]) {
    const bytes = new Uint8Array(n * SIZE), view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length;) {
      const got = file.readSync(bytes.subarray(at));
      if (got === null) {
        throw new Error(`Cannot read ${folder}/raw_records.bin: it is shorter than its JSON says`);
      }
      at += got;
    }
    for (let at = 0; at < bytes.length; at += SIZE, row++) {
      time[row] = 1000 * (view.getUint32(at, true) + view.getInt32(at + 4, true) * 2 ** 32);
      length[row] = view.getInt32(at + 8, true);
      dt[row] = 1000 * view.getInt16(at + 12, true);
      endtime[row] = time[row]! + length[row]! * dt[row]!;
      channel[row] = view.getInt16(at + 14, true);
      pulse_length[row] = view.getInt32(at + 16, true);
      record_i[row] = view.getInt16(at + 20, true);
      data.set(new Int16Array(bytes.buffer, at + 24, SAMPLES), row * SAMPLES);
    }
  }
  return table;
}

/** Times to cut the data at, in stretches without fragments: a piece has at least `rows` of them. */
export function cutsOf({ columns, length }: Table<RawRecordTypes>, rows: number): bigint[] {
  const { time, endtime } = columns;
  const cuts: bigint[] = [];
  let last = 0, cover = 0;
  for (let i = 0; i < length; i++) {
    if (i - last >= rows && time[i]! - cover >= MAX_PULSE) {
      cuts.push(BigInt(time[i]!));
      last = i;
    }
    cover = Math.max(cover, endtime[i]!);
  }
  return cuts;
}

const MAX_PULSE = 5_000_000;

/** The options that strax was run with. */
export const straxConfig = {
  records: { maxPulse: MAX_PULSE, flip: true },
  peaks: {
    gapThreshold: "700 ns",
    leftExtension: "50 ns",
    rightExtension: "200 ns",
    minChannels: 3,
    gain: 0.01,
    channels: 494,
    topChannels: 253,
  },
} as const;
