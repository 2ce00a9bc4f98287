// Every format from a file on disk to stored hits, with the command.
import assert from "node:assert/strict";
import * as arrow from "apache-arrow";
import { parquetWriteBuffer } from "hyparquet-writer";
import { createCompass } from "@millrace/plugins-signal/formats/compass/write";
import { csvHeader, csvRow } from "@millrace/plugins-signal/formats/csv/write";
import { writeLh5 } from "@millrace/plugins-signal/formats/hdf5/write";
import { npyBytes } from "@millrace/plugins-signal/formats/npy/write";
import { npzBytes } from "@millrace/plugins-signal/formats/npz/write";
import { straxBytes, straxDescription } from "@millrace/plugins-signal/formats/strax/write";
import { v1725Bytes } from "@millrace/plugins-signal/formats/v1725/write";
import { waveDumpBytes } from "@millrace/plugins-signal/formats/wavedump/write";
import { wavBytes } from "@millrace/plugins-signal/formats/wav/write";
import { inFolder, millrace, millraceJson } from "./_cli.ts";

const ROWS = 3, WIDTH = 8;
/** Traces with a pulse each. */
const traces = Array.from(
  { length: ROWS },
  (_, row) => Uint16Array.from({ length: WIDTH }, (_, i) => 32768 - (i === 4 ? 500 + row : 0)),
);
const values = Uint16Array.from(traces.flatMap((trace) => [...trace]));
const small = traces.map((trace) => trace.map((sample) => sample - 20_000));
const lists = () => traces.map((trace) => [...trace]);

type Write = (folder: string) => Promise<void>;
const DT = ["--set", "raw_files.dt=2ns"];
const formats: Record<string, [file: string, write: Write, options?: string[]]> = {
  CoMPASS: ["a.BIN", async (folder) => {
    await using writer = await createCompass(`${folder}/a.BIN`);
    traces.forEach((trace, i) =>
      writer.append({ board: 0, channel: 0, timeHi: 0, timeLo: 100_000 * i, flags: 0 }, trace)
    );
  }, DT],
  "CAEN CSV": ["RAW", async (folder) => {
    await Deno.mkdir(`${folder}/RAW`);
    const rows = traces.map((samples, i) => csvRow({ time: BigInt(100_000 * i), samples }));
    await Deno.writeTextFile(`${folder}/RAW/Data_CH0_1.CSV`, csvHeader() + rows.slice(0, 2).join(""));
    await Deno.writeTextFile(`${folder}/RAW/Data_CH0_2.CSV`, rows.slice(2).join(""));
  }],
  "CAEN V1725": ["a.bin", (folder) => {
    const events = traces.map((samples, i) => ({
      channels: [{ channel: 0, time: BigInt(100 * i), samples }],
    }));
    return Deno.writeFile(`${folder}/a.bin`, v1725Bytes(events));
  }],
  "CAEN WaveDump": ["wave0.dat", (folder) => {
    const events = traces.map((samples, i) => ({ channel: 0, time: BigInt(100 * i), samples }));
    return Deno.writeFile(`${folder}/wave0.dat`, waveDumpBytes(events));
  }, DT],
  "NumPy .npy": ["a.npy", (folder) => Deno.writeFile(`${folder}/a.npy`, npyBytes(values, WIDTH)), DT],
  "NumPy .npz": [
    "a.npz",
    (folder) => Deno.writeFile(`${folder}/a.npz`, npzBytes({ a: { values, width: WIDTH } }, true)),
    DT,
  ],
  HDF5: ["a.lh5", (folder) => {
    const column = (value: number) => traces.map(() => value);
    const table = {
      timestamp: traces.map((_, i) => i / 1e6),
      channel: column(0),
      dt: column(16),
      width: WIDTH,
      values,
    };
    return writeLh5(`${folder}/a.lh5`, { ch0: table });
  }],
  "strax records": ["raw_records.bin", async (folder) => {
    const records = small.map((samples, i) => ({ time: BigInt(100 * i), channel: 0, dt: 10, samples }));
    await Deno.writeFile(`${folder}/raw_records.bin`, straxBytes(records, WIDTH));
    await Deno.writeTextFile(`${folder}/raw_records.json`, straxDescription(WIDTH, ROWS));
  }],
  WAV: ["a.wav", (folder) => Deno.writeFile(`${folder}/a.wav`, wavBytes([values], { rate: 48_000 })), [
    "--set",
    `raw_files.recordLength=${WIDTH}`,
  ]],
  Arrow: ["a.arrow", (folder) => {
    const wave = arrow.vectorFromArray(lists(), new arrow.List(new arrow.Field("item", new arrow.Uint16())));
    return Deno.writeFile(`${folder}/a.arrow`, arrow.tableToIPC(new arrow.Table({ wave }), "file"));
  }, DT],
  Parquet: ["a.parquet", (folder) => {
    const schema = [
      { name: "root", num_children: 1 },
      { name: "wave", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type: "INT32", repetition_type: "OPTIONAL" },
    ];
    const bytes = parquetWriteBuffer({ columnData: [{ name: "wave", data: lists() }], schema } as never);
    return Deno.writeFile(`${folder}/a.parquet`, new Uint8Array(bytes));
  }, DT],
};

interface Summary {
  runId: string;
  plugins: { plugin: string; rows: number | null }[];
}

for (const [name, [file, write, options = []]] of Object.entries(formats)) {
  Deno.test(
    `millrace run finds the hits in ${name} files`,
    inFolder(async (cwd) => {
      await write(cwd);
      const set = ["--set", "records.baselineSamples=3", "--set", "hit_threshold.threshold=100", ...options];
      const run = ["run", file, "--type", "hit_threshold", "--store", "./data", "--run-id", "run_1", ...set];
      const { plugins } = await millraceJson<Summary>(run, { cwd });
      assert.deepEqual(plugins.map(({ plugin, rows }) => [plugin, rows]), [
        ["raw_files", ROWS],
        ["records", ROWS],
        ["hit_threshold", ROWS],
      ]);
      const hits = await millraceJson<{ height: number }[] | { rows: { height: number }[] }>(
        ["show", "./data", "run_1", "hit_threshold"],
        { cwd },
      );
      const rows = Array.isArray(hits) ? hits : hits.rows;
      assert.deepEqual(rows.map(({ height }) => height), traces.map((_, row) => 500 + row));
    }),
  );
}

Deno.test(
  "millrace run says what is wrong with a file, where, and what to do",
  inFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/a.csv`, csvHeader() + "0;0;1;0;0;0;0;12;x\n");
    const { code, err } = await millrace(["run", "a.csv", "--type", "records", "--store", "./data"], { cwd });
    assert.notEqual(code, 0);
    assert.match(err, /Cannot read "a\.csv" at line 2: sample 1 is "x".*--recover/s);
  }),
);
