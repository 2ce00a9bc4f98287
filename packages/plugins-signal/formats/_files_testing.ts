// A run of each format, for tests that read all of them: 4000 traces of 500 samples, 4 MB.
import * as arrow from "apache-arrow";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { TestFolder } from "./compass/_testing.ts";
import { createCompass } from "./compass/write.ts";
import { csvHeader, csvRow } from "./csv/write.ts";
import { writeLh5 } from "./hdf5/write.ts";
import { npyBytes } from "./npy/write.ts";
import { npzBytes } from "./npz/write.ts";
import { straxBytes, straxDescription } from "./strax/write.ts";
import { v1725Bytes } from "./v1725/write.ts";
import { waveDumpBytes } from "./wavedump/write.ts";
import { wavBytes } from "./wav/write.ts";

/** Traces of a run, and samples of each. */
export const ROWS = 4000, WIDTH = 500;
/** All samples. */
export const values = Uint16Array.from({ length: ROWS * WIDTH }, (_, i) => 16_000 + (i * 7919) % 100);
const trace = (i: number) => values.subarray(i * WIDTH, (i + 1) * WIDTH);
const rows = Array.from({ length: ROWS }, (_, i) => i);

/** Writes the files of a run into a folder, by the name of their format. */
export const files: Record<string, (folder: TestFolder) => unknown> = {
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
  Arrow: (folder) => {
    const list = (item: arrow.DataType) => new arrow.List(new arrow.Field("item", item));
    const batches = Array.from({ length: ROWS / 100 }, (_, k) => {
      const some = rows.slice(100 * k, 100 * (k + 1));
      return new arrow.Table({
        time: arrow.makeVector(BigInt64Array.from(some, (i) => BigInt(1_000_000 * i))),
        wave: arrow.vectorFromArray(some.map((i) => [...trace(i)]), list(new arrow.Uint16())),
      }).batches;
    });
    const table = new arrow.Table(batches.flat());
    folder.file("a.arrow", arrow.tableToIPC(table, "file"));
  },
  Parquet: (folder) => {
    const schema = [
      { name: "root", num_children: 2 },
      { name: "time", type: "INT64", repetition_type: "REQUIRED" },
      { name: "wave", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type: "INT32", repetition_type: "OPTIONAL" },
    ];
    const columnData = [
      { name: "time", data: rows.map((i) => BigInt(1_000_000 * i)) },
      { name: "wave", data: rows.map((i) => [...trace(i)]) },
    ];
    folder.file(
      "a.parquet",
      new Uint8Array(parquetWriteBuffer({ columnData, schema, rowGroupSize: 200 } as never)),
    );
  },
};

/** Formats whose files say the sampling interval. */
export const SAY_DT: ReadonlySet<string> = new Set(["strax records", "WAV"]);
