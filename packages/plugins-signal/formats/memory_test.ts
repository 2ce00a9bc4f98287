// Files of several MB within a budget of less, and nothing of it in use at the end.
import assert from "node:assert/strict";
import { Account } from "@millrace/core/buffers";
import { TestFolder } from "./compass/_testing.ts";
import { createCompass } from "./compass/write.ts";
import { csvHeader, csvRow } from "./csv/write.ts";
import { findRun } from "./formats.ts";
import { writeLh5 } from "./hdf5/write.ts";
import { npyBytes } from "./npy/write.ts";
import { npzBytes } from "./npz/write.ts";
import { straxBytes, straxDescription } from "./strax/write.ts";
import { v1725Bytes } from "./v1725/write.ts";
import { waveDumpBytes } from "./wavedump/write.ts";
import { wavBytes } from "./wav/write.ts";

const ROWS = 4000, WIDTH = 500, LIMIT = 2 ** 20;
const values = Uint16Array.from({ length: ROWS * WIDTH }, (_, i) => 16_000 + (i * 7919) % 100);
const trace = (i: number) => values.subarray(i * WIDTH, (i + 1) * WIDTH);
const rows = Array.from({ length: ROWS }, (_, i) => i);

const files: Record<string, (folder: TestFolder) => unknown> = {
  async CoMPASS(folder) {
    await using writer = await createCompass(`${folder.path}/a.BIN`);
    for (const i of rows) {
      writer.append({ board: 0, channel: 0, timeHi: 0, timeLo: 1000 * i, flags: 0 }, trace(i));
      await writer.drain();
    }
  },
  "CAEN CSV": (folder) =>
    folder.file(
      "a.csv",
      csvHeader() + rows.map((i) => csvRow({ time: BigInt(1000 * i), samples: trace(i) })).join(""),
    ),
  "CAEN V1725": (folder) =>
    folder.file(
      "a.bin",
      v1725Bytes(rows.map((i) => ({ channels: [{ channel: 0, time: BigInt(i), samples: trace(i) }] }))),
    ),
  "NumPy .npy": (folder) => folder.file("a.npy", npyBytes(values, WIDTH)),
  "NumPy .npz": (folder) => folder.file("a.npz", npzBytes({ a: { values, width: WIDTH } }, true)),
  HDF5: (folder) => {
    const column = (value: number) => rows.map(() => value);
    const table = {
      timestamp: rows.map((i) => i / 1e6),
      channel: column(0),
      dt: column(16),
      width: WIDTH,
      values,
    };
    return writeLh5(`${folder.path}/a.lh5`, { ch0: table });
  },
  "strax records": (folder) => {
    folder.file("a.json", straxDescription(WIDTH));
    const records = rows.map((i) => ({ time: BigInt(i), channel: 0, dt: 10, samples: trace(i) }));
    folder.file("a.bin", straxBytes(records, WIDTH));
  },
  "CAEN WaveDump": (folder) =>
    folder.file(
      "wave0.dat",
      waveDumpBytes(rows.map((i) => ({ channel: 0, time: BigInt(i), samples: trace(i) }))),
    ),
  WAV: (folder) => folder.file("a.wav", wavBytes([values], { rate: 48_000 })),
};

for (const [name, write] of Object.entries(files)) {
  Deno.test(`${name} files are read within a budget that is a quarter of them, all of which is given back`, async () => {
    using folder = new TestFolder();
    await write(folder);
    const { paths, format } = await findRun(folder.path);
    assert.equal(format.name, name);
    const account = new Account(LIMIT);
    const options = {
      reorderWindow: 0,
      recover: false,
      maxRows: 100,
      maxBytes: 2 ** 17,
      readBytes: 2 ** 16,
      account,
      dt: 2000,
    };
    const { dt: _, ...own } = options;
    let samples = 0;
    for await (
      const { table } of format.read(paths, name === "strax records" || name === "WAV" ? own : options)
    ) {
      samples += table.columns.wave.offsets[table.length]!;
      table.release();
    }
    assert.equal(samples, values.length);
    assert.equal(account.used, 0);

    // The same where somebody stops early.
    for await (
      const { table } of format.read(paths, name === "strax records" || name === "WAV" ? own : options)
    ) {
      table.release();
      break;
    }
    assert.equal(account.used, 0);
  });
}
