import assert from "node:assert/strict";
import { fileOf, TestFolder } from "./compass/_testing.ts";
import { findRun, formatOf, formats } from "./formats.ts";
import { npyBytes } from "./npy/write.ts";
import { npzBytes } from "./npz/write.ts";
import { v1725Bytes } from "./v1725/write.ts";
import { wavBytes } from "./wav/write.ts";
import { rowsOf } from "../_testing.ts";
import { rawFiles } from "../sources/raw_files.ts";

const traces = npyBytes(Uint16Array.of(1, 2), 2), events = new Uint8Array([0xe0, 0xca]);

Deno.test("formatOf() tells files by their content, not their names", async () => {
  using folder = new TestFolder();
  assert.equal((await formatOf([folder.file("a.BIN", traces)])).name, "NumPy .npy");
  assert.equal((await formatOf([folder.file("a.npy", events)])).name, "CoMPASS");
});

Deno.test("formatOf() refuses unknown content, naming what is known, and different formats together", async () => {
  using folder = new TestFolder();
  const unknown = folder.file("a.dat", "some text");
  await assert.rejects(
    formatOf([unknown]),
    /SyntaxError: Cannot read ".*a\.dat": .* known are CoMPASS \(\.bin\), CAEN CSV \(\.csv\), NumPy/,
  );
  const both = [folder.file("a.npy", traces), folder.file("b.BIN", events)];
  await assert.rejects(
    formatOf(both),
    /SyntaxError: .*b\.BIN" \(CoMPASS\) together with ".*a\.npy" \(NumPy \.npy\)/,
  );
  await assert.rejects(formatOf([]), /TypeError: Cannot read a run without files/);
});

const text = (start: string) => new TextEncoder().encode(start.padEnd(64, "\0"));
const heads: Record<string, Uint8Array> = {
  "NumPy .npy": traces,
  "NumPy .npz": npzBytes({ a: { values: Uint16Array.of(1), width: 1 } }),
  CoMPASS: events,
  "CAEN CSV": text("0;1;5;0;0;0;0;1\n"),
  "CAEN V1725": v1725Bytes([{ channels: [{ channel: 1, time: 1n, samples: [1, 2] }] }]),
  HDF5: Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0),
  WAV: wavBytes([Uint16Array.of(1)], { rate: 8000 }),
  Arrow: text("ARROW1"),
  Parquet: text("PAR1"),
};
Deno.test("formats detect their own files and no other's", () => {
  const known = (head: Uint8Array) =>
    formats.filter((format) => format.detect(head, "/nowhere/a.bin")).map(({ name }) => name);
  for (const [name, head] of Object.entries(heads)) assert.deepEqual(known(head.subarray(0, 512)), [name]);
  for (
    const head of [new Uint8Array(0), new Uint8Array(64), text("some text"), new Uint8Array(64).fill(255)]
  ) {
    assert.deepEqual(known(head), []);
  }
  // All but those that are told by a file beside them, or by their name too.
  assert.deepEqual(formats.map(({ name }) => name).filter((name) => !(name in heads)), [
    "strax records",
    "CAEN WaveDump",
  ]);
});

Deno.test("findRun() names the files of other formats in a folder, which are left out", async () => {
  using folder = new TestFolder();
  folder.file("a.npy", traces);
  folder.file("RAW/b.BIN", fileOf(0, [{ time: 9n }]));
  folder.file("RAW/c.csv", "0;1;5;0;0;0;0;1\n");
  const { paths, format, notices } = await findRun(folder.path);
  assert.deepEqual([paths.length, format.name, notices.length], [1, "CoMPASS", 1]);
  assert.match(notices[0]!, /are left out.*: "RAW\/c\.csv", "a\.npy"; give files or a pattern/);
  assert.deepEqual((await findRun(`${folder.path}/RAW/*.BIN`)).notices, []);
  using bare = new TestFolder();
  bare.file("notes.txt", "");
  await assert.rejects(
    findRun(bare.path),
    /NotFound: .*neither it nor RAW.*files of a known format \(\.bin, \.csv, \.npy/,
  );
});

Deno.test("raw_files reads a folder's .BIN files where there are any, and refuses options of other formats", async () => {
  using folder = new TestFolder();
  folder.file("a.npy", traces);
  folder.file("b.BIN", fileOf(0, [{ channel: 3, time: 9n }]));
  const run = (options: Record<string, unknown>) =>
    rowsOf([rawFiles], "raw_files", { raw_files: { input: folder.path, dt: 10, ...options } });
  assert.equal((await run({})).length, 1);
  await assert.rejects(run({ t0: 5 }), ({ cause }: Error) => {
    assert.match(String(cause), /TypeError: .*raw_files\.t0: CoMPASS files say that themselves/);
    return true;
  });
});
