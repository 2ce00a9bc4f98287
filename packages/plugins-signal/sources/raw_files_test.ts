import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import { fileOf, type TestEvent, TestFolder } from "../formats/compass/_testing.ts";
import { rowsOf } from "../_testing.ts";
import { rawFiles } from "./raw_files.ts";

const WAVE = 8;
const SETTINGS = (ns: number) =>
  `<entry><key>SRV_PARAM_RECLEN</key><value><value>${ns}</value></value></entry>`;

const read = (input: unknown, config: Record<string, unknown> = {}, options = {}) =>
  rowsOf([rawFiles], "raw_files", { "raw_files.input": input, "raw_files.dt": 2000, ...config }, options);

const events = (...times: bigint[]): TestEvent[] => times.map((time) => ({ time, samples: [1, 2, 3, 4] }));

async function lineage(input: unknown, config: Record<string, unknown> = {}): Promise<string> {
  await using ctx = new Context({ config: { "raw_files.input": input, ...config } });
  ctx.register(rawFiles);
  return (await ctx.plan("run", "raw_files")).step("raw_files").hashes.raw_files!;
}

Deno.test("raw_files gives the traces of all files in time order", async () => {
  using folder = new TestFolder();
  folder.file("RAW/a.BIN", fileOf(WAVE, events(10n, 50n)));
  folder.file(
    "RAW/b.BIN",
    fileOf(WAVE, [{ time: 30n, board: 2, channel: 7, flags: 5, samples: [9, 65535] }]),
  );
  const rows = await read(folder.path);
  assert.deepEqual(rows.map((row) => row.time), [10n, 30n, 50n]);
  assert.deepEqual(rows[1], {
    time: 30n,
    endtime: 30n + 2n * 2000n,
    board: 2,
    channel: 7,
    record_id: 1n,
    dt: 2000,
    length: 2,
    energy: 0,
    energy_short: 0,
    energy_calibrated: NaN,
    flags: 5,
    polarity: 0,
    wave: Uint16Array.of(9, 65535),
  });
});

Deno.test("raw_files gives the same traces for every chunk size", async () => {
  using folder = new TestFolder();
  const file = folder.file("a.BIN", fileOf(WAVE, events(10n, 12n, 12n, 30n, 31n, 90n)));
  const whole = await read(file);
  assert.equal(whole.length, 6);
  for (const chunkSize of [1, 2, 3, 4]) assert.deepEqual(await read([file], {}, { chunkSize }), whole);
});

Deno.test("raw_files gives the traces of a time range only, without reading to the end", async () => {
  using folder = new TestFolder();
  const bytes = fileOf(WAVE, events(10n, 20n, 30n, 4_000_000_000n, 8_000_000_000n));
  const file = folder.file("a.BIN", bytes.subarray(0, bytes.length - 3)); // cut off: reading to the end would fail
  const ranged = await read(file, { "raw_files.reorderWindow": 0 }, { timeRange: [15n, 30n], chunkSize: 1 });
  assert.deepEqual(ranged.map((row) => row.time), [20n]);
});

Deno.test("raw_files takes the sampling interval from the settings, or says that it is assumed", async () => {
  using folder = new TestFolder();
  const file = folder.file("a.BIN", fileOf(WAVE, events(10n)));
  const intervals = async (config: Record<string, unknown>) => {
    await using ctx = new Context({ config: { "raw_files.input": file, ...config } });
    ctx.register(rawFiles);
    let dt: unknown;
    const { notices } = await ctx.run("run", "raw_files", {
      take: ({ table }) => void (dt = table.row(0).dt),
    });
    return { dt, notices: notices.length };
  };
  assert.deepEqual(await intervals({}), { dt: 2000, notices: 1 });
  assert.deepEqual(await intervals({ "raw_files.dt": "8 ns" }), { dt: 8000, notices: 0 });
  assert.deepEqual(await intervals({ "raw_files.dt": "100 ps" }), { dt: 100, notices: 0 });
  assert.deepEqual(await intervals({ "raw_files.dt": 16 }), { dt: 16, notices: 1 }); // 16 ns was meant
  folder.file("a_settings.xml", SETTINGS(16));
  assert.deepEqual(await intervals({}), { dt: 4000, notices: 0 });
});

Deno.test("raw_files ends a trace length x dt after its start: both are ps", async () => {
  using folder = new TestFolder();
  const file = folder.file("a.BIN", fileOf(WAVE, [{ time: 7n, samples: Array(1000).fill(5) }]));
  const [row] = await read(file, { "raw_files.dt": "2 ns" });
  assert.equal(row!.endtime, 7n + 1000n * 2000n);
});

Deno.test("raw_files keeps single ps beyond 2^53 ps", async () => {
  using folder = new TestFolder();
  const far = 2n ** 53n + 1n;
  const file = folder.file("a.BIN", fileOf(WAVE, events(far, far + 1n, far + 2n)));
  assert.deepEqual((await read(file)).map((row) => row.time), [far, far + 1n, far + 2n]);
});

Deno.test("raw_files has a lineage of what the files hold, not of where they lie", async () => {
  using folder = new TestFolder();
  const bytes = fileOf(WAVE, events(10n));
  const hash = await lineage(folder.file("one/a.BIN", bytes));
  assert.equal(await lineage(folder.file("two/a.BIN", bytes)), hash);
  assert.equal(await lineage([`${folder.path}/two`]), hash);
  assert.notEqual(await lineage(folder.file("three/a.BIN", fileOf(WAVE, events(11n)))), hash);
});

Deno.test("raw_files has another lineage with other settings, also where dt is given: they say the polarity", async () => {
  using folder = new TestFolder();
  const file = folder.file("a.BIN", fileOf(WAVE, events(10n)));
  const [auto, given] = [await lineage(file), await lineage(file, { "raw_files.dt": 2000 })];
  folder.file("settings.xml", SETTINGS(16));
  const other = await lineage(file);
  assert.notEqual(other, auto);
  folder.file("settings.xml", SETTINGS(32));
  assert.notEqual(await lineage(file), other);
  assert.notEqual(await lineage(file, { "raw_files.dt": 2000 }), given);
});

Deno.test("raw_files fails at damage, or keeps what lies before it and says so", async () => {
  using folder = new TestFolder();
  const bytes = fileOf(WAVE, events(10n, 20n));
  const file = folder.file("a.BIN", bytes.subarray(0, bytes.length - 3));
  await assert.rejects(
    read(file),
    ({ cause }: Error) => cause instanceof SyntaxError && /a\.BIN/.test(cause.message),
  );
  const rows = await read(file, { "raw_files.recover": true });
  assert.deepEqual(rows.map((row) => row.time), [10n]);
  assert.notEqual(await lineage(file), await lineage(file, { "raw_files.recover": true }));
});

Deno.test("raw_files refuses to run without input", async () => {
  await assert.rejects(rowsOf([rawFiles], "raw_files"), /raw_files\.input/);
  await assert.rejects(rowsOf([rawFiles], "raw_files", { "raw_files.input": [] }), /without inputs/);
  await assert.rejects(
    rowsOf([rawFiles], "raw_files", { "raw_files.input": "./nowhere.BIN" }),
    /nowhere\.BIN/,
  );
});
