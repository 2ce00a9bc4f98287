import assert from "node:assert/strict";
import fc from "fast-check";
import { TestFolder } from "../compass/_testing.ts";
import { sharedPath, sharedTest } from "../../_testing.ts";
import { anyTraces, brief, fromEachPlace, inOrder, readRun, sameForAnySize } from "../_testing.ts";
import { fragmentOf } from "./fragment.ts";
import { straxBytes, straxDescription, type StraxRecord } from "./write.ts";

const record = (time: bigint, channel = 0, samples = [1, 2, 3]): StraxRecord => ({
  time,
  channel,
  dt: 10,
  samples,
});

/** A run in a folder. */
function run(folder: TestFolder, records: readonly StraxRecord[], name = "raw_records"): string {
  folder.file(`${name}.json`, straxDescription(9, records.length));
  return folder.file(`${name}.bin`, straxBytes(records, 9));
}

Deno.test("strax records give every record that was written, in time order, in several files", () =>
  fc.assert(
    fc.asyncProperty(anyTraces(), fc.nat(12), async (traces, cut) => {
      using folder = new TestFolder();
      const small = traces.map((trace) => ({
        ...trace,
        time: trace.time % (2n ** 52n), // 2^63 ps are 2^53 ns
        board: 0,
        samples: trace.samples.map((sample) => sample >> 1),
      }));
      const records = small.map(({ time, channel, samples }) => record(time, channel, samples));
      run(folder, records.slice(0, cut), "a");
      run(folder, records.slice(cut), "b");
      const { rows } = await readRun(folder.path);
      assert.deepEqual(
        brief(rows),
        inOrder(small).map(({ time, channel, samples }) => [1000n * time, channel, ...samples]),
      );
      for (const row of rows) assert.equal(row.dt, 10_000);
      await fromEachPlace(folder.path, rows, { reorderWindow: 1e6 });
    }),
    { numRuns: 60 },
  ));

Deno.test("strax records are the same for any size of pieces and reads", async () => {
  using folder = new TestFolder();
  run(
    folder,
    [5n, 3n, 3n, 900n, 901n, 950n, 899n].map((time, i) => record(time, i % 3, [i, 32767, 1].slice(i % 3))),
  );
  assert.equal((await sameForAnySize(folder.path)).length, 7);
});

Deno.test("strax records have the number of the fragment in their flags, where the file has it", async () => {
  using folder = new TestFolder();
  const path = run(folder, [0, 1, 300].map((recordI, i) => ({ ...record(BigInt(90 * i)), recordI })));
  assert.deepEqual((await readRun(path)).rows.map(({ flags }) => fragmentOf(flags as number)), [0, 1, 300]);
  folder.file("raw_records.json", straxDescription(9, 3).replace("record_i", "other"));
  assert.deepEqual((await readRun(path)).rows.map(({ flags }) => flags), [0, 0, 0]);
});

Deno.test("strax times since 1970 are counted from the first second, which is said", async () => {
  using folder = new TestFolder();
  const start = 1_600_000_000_500_000_000n;
  run(folder, [record(start + 7n), record(start + 2_000_000_001n)]);
  const { rows, notices } = await readRun(folder.path);
  assert.deepEqual(rows.map(({ time }) => time), [500_000_007_000n, 2_500_000_001_000n]);
  assert.deepEqual(notices, ["Times count from 2020-09-13T12:26:40Z, which is 1600000000 s since 1970"]);
});

Deno.test("recover keeps the whole records of a file that was cut, and says so", async () => {
  using folder = new TestFolder();
  const path = run(folder, [record(1n), record(2n)]);
  await Deno.truncate(path, 60);
  await assert.rejects(
    readRun(path),
    /raw_records\.bin": its description says 2 records of 42 bytes, and it has 60/,
  );
  const { rows, notices } = await readRun(path, { recover: true });
  assert.equal(rows.length, 1);
  assert.match(notices.join("\n"), /it ends after 18 of 42 bytes of record 1/);
});

Deno.test("a .bin file with a description is one of strax, whatever its bytes look like", async () => {
  using folder = new TestFolder();
  const { rows } = await readRun(run(folder, [record(0xcae9n)]));
  assert.equal(rows[0]!.time, 1000n * 0xcae9n);
});

const bytes = straxBytes([record(1n)], 9), text = straxDescription(9, 1);
const rejected: Record<string, [bytes: Uint8Array, text: string, message: RegExp]> = {
  "with a negative sample": [bytes.with(29, 255), text, /at record 0: sample 2 is -253/],
  "that is longer than a record": [bytes.with(8, 10), text, /at record 0 \(byte 0\): it has length 10 of 9/],
  "without a sampling interval": [bytes.with(12, 0), text, /at record 0 \(byte 0\): .* dt 0 ns/],
  "with a negative number of the fragment": [
    bytes.with(21, 255),
    text,
    /channel 0 and record_i -256; the file/,
  ],
  "before the start": [bytes.with(7, 255), text, /at record 0: its time is -/],
  "whose description is damaged": [bytes, text.slice(0, -3), /raw_records\.json": it is no JSON/],
  "whose description lacks a field": [
    bytes,
    text.replace('"channel"', '"kanal"'),
    /the field channel is missing; it is <i2 or/,
  ],
  "whose description has a wrong key": [
    bytes,
    text.replace('"itemsize"', '"item_size"'),
    /raw_records\.json": it describes the strax records beside it, which takes itemsize .* and dtype/,
  ],
  "whose description has no key that is known": [
    bytes,
    "{}",
    /raw_records\.bin".*; strax records \(\.bin\) have a JSON of the same name beside them, with itemsize and dtype/,
  ],
  "whose data are fractions": [
    bytes,
    text.replace(/"<i2",\s*\[\s*9/, '"<f4", [9'),
    /the field data is of type <f4/,
  ],
  "whose fields lie outside": [
    bytes,
    text.replace(/24\s*\]/, "25]"),
    /the field data lies at 25, outside the 42 bytes/,
  ],
};
for (const [name, [bytes, text, message]] of Object.entries(rejected)) {
  Deno.test(`a strax record ${name} is refused`, async () => {
    using folder = new TestFolder();
    folder.file("raw_records.json", text);
    await assert.rejects(readRun(folder.file("raw_records.bin", bytes)), message);
  });
}

sharedTest("the records that strax is compared on are read with their fields", async (t) => {
  using folder = new TestFolder();
  let made: Deno.CommandOutput;
  try {
    made = await new Deno.Command("python3", {
      args: [sharedPath("bench/strax/make_data.py"), "1", folder.path],
    }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return void await t.step({ name: "skipped: there is no python3", ignore: true, fn() {} });
  }
  if (/No module named/.test(new TextDecoder().decode(made.stderr))) {
    return void await t.step({ name: "skipped: there is no python3-numpy", ignore: true, fn() {} });
  }
  assert(made.success, new TextDecoder().decode(made.stderr));
  const bytes = await Deno.readFile(`${folder.path}/raw_records.bin`), view = new DataView(bytes.buffer);
  const { rows } = await readRun(folder.path);
  assert.equal(rows.length, bytes.length / 244);
  assert(rows.length > 50_000);
  let wrong = 0;
  for (const [i, { time, channel, length, dt, wave }] of rows.entries()) {
    const at = 244 * i;
    if (
      time !== 1000n * view.getBigInt64(at, true) || length !== view.getInt32(at + 8, true) ||
      dt !== 10_000 ||
      channel !== view.getInt16(at + 14, true) || wave.some((sample, k) =>
        sample !== view.getInt16(at + 24 + 2 * k, true)
      )
    ) wrong++;
  }
  assert.equal(wrong, 0);
});
