import assert from "node:assert/strict";
import fc from "fast-check";
import { TestFolder } from "../compass/_testing.ts";
import { readNpy, sharedPath, sharedTest } from "../../_testing.ts";
import { brief, fromEachPlace, readRun, sameForAnySize } from "../_testing.ts";
import { library } from "./_h5.ts";
import { type Lh5Table, writeLh5 } from "./write.ts";

const LEGEND: [file: string, reference: string, epoch: number][] = [
  ["LDQTA_r117_20200110T105115Z_cal_geds_raw.lh5", "hpge_100x5592_u2", 0],
  ["L200-comm-20211130-phy-spms.lh5", "sipm_60x6000_u2", 1638368781],
];
for (const [file, reference, epoch] of LEGEND) {
  sharedTest(`${file} has exactly the samples, times and channels of its reference`, async () => {
    const traces = readNpy(sharedPath(`data/${reference}.npy`));
    const { channel, dt_ns, ...known } = JSON.parse(
      await Deno.readTextFile(sharedPath(`data/${reference}.json`)),
    );
    const times: number[] = known.timestamp ?? known.timestamp_s;
    const expected = times.map((time, i) => ({
      time: BigInt(Math.round((time - epoch) * 1e12)),
      channel: channel[i],
      dt: dt_ns * 1000,
      wave: [...traces[i]!],
    })).sort((a, b) => a.time < b.time ? -1 : a.time > b.time ? 1 : a.channel - b.channel);
    const { rows, notices } = await readRun(sharedPath(`data/${file}`), { readBytes: 100_000, maxRows: 7 });
    assert.deepEqual(rows.map(({ time, channel, dt, wave }) => ({ time, channel, dt, wave })), expected);
    assert.deepEqual(
      notices,
      epoch > 0 ? ["Times count from 2021-12-01T14:26:21Z, which is 1638368781 s since 1970"] : [],
    );
  });
}

/** A table with rows at these times, ns, on these channels. */
const table = (times: number[], channels: number[], packed = false): Lh5Table => ({
  timestamp: times.map((time) => time / 1e9),
  channel: channels,
  dt: times.map(() => 16),
  t0: times.map((_, i) => i % 3),
  width: 4,
  values: Uint16Array.from({ length: 4 * times.length }, (_, i) => i * 9973),
  packed,
});

Deno.test("LH5 tables give every row that was written, in any order in the file, for any sizes", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000_000 }), fc.nat(9)), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      async (rows, packed) => {
        using folder = new TestFolder();
        const one = table(rows.map(([time]) => time), rows.map(([, channel]) => channel), packed);
        await writeLh5(`${folder.path}/a.lh5`, { one });
        const expected = rows.map(([time, channel], i): [bigint, number, ...number[]] => [
          BigInt(time + i % 3) * 1000n,
          channel,
          ...one.values.subarray(4 * i, 4 * i + 4),
        ]).sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]);
        const small = await readRun(folder.path, { readBytes: 10, maxRows: 1 });
        assert.deepEqual(brief(small.rows), expected);
        assert.deepEqual((await readRun(folder.path)).rows, small.rows);
        await fromEachPlace(folder.path, small.rows);
      },
    ),
    { numRuns: 30 },
  ));

Deno.test("LH5 tables and files are merged in time order, for any sizes", async () => {
  using folder = new TestFolder();
  await writeLh5(`${folder.path}/a.lh5`, {
    ch0: table([5, 90, 40], [0, 0, 0]),
    ch2: table([1, 2, 300], [2, 2, 2], true),
  });
  await writeLh5(`${folder.path}/b.lh5`, { ch1: table([60, 41], [1, 1]) });
  const rows = await sameForAnySize(folder.path);
  assert.deepEqual(rows.map(({ time, channel }) => [time, channel]), [
    ...[[1000n, 2], [3000n, 2], [5000n, 0], [42000n, 0], [42000n, 1], [60000n, 1], [91000n, 0], [302000n, 2]],
  ]);
});

/** A file made by hand. */
async function file(folder: TestFolder, make: (file: import("./_h5.ts").File) => void): Promise<string> {
  const path = `${folder.path}/a.h5`, h5 = await library(), file = new h5.File(path, "w");
  make(file);
  file.close();
  return path;
}
const traces = { name: "traces", data: Uint16Array.of(1, 2, 3, 4), shape: [2, 2], dtype: "<H" };

Deno.test("plain HDF5 traces without times follow each other, a channel a group", async () => {
  using folder = new TestFolder();
  const path = await file(folder, (file) => {
    for (const name of ["ch10", "ch9"]) file.create_group(name).create_dataset(traces);
  });
  const { rows } = await readRun(path, { dt: 10, t0: 7 });
  assert.deepEqual(brief(rows), [[7n, 9, 1, 2], [7n, 10, 1, 2], [27n, 9, 3, 4], [27n, 10, 3, 4]]);
  await assert.rejects(readRun(path), /TypeError: .*ch9 has neither times nor.*raw_files\.dt/);
});

Deno.test("whole times are exact, also since 1970 in ns", async () => {
  using folder = new TestFolder();
  const path = await file(folder, (file) => {
    file.create_dataset({ ...traces, data: Int32Array.of(1, 2, 3, 65535), dtype: "<i" });
    file.create_dataset({
      name: "time",
      data: BigInt64Array.of(1638368781000000003n, 1638368781000000001n),
      dtype: "<q",
    });
    (file.get("time") as import("./_h5.ts").Dataset).create_attribute("units", "ns");
  });
  const { rows, notices } = await readRun(path, { dt: 10 });
  assert.deepEqual(brief(rows), [[1000n, 0, 3, 65535], [3000n, 0, 1, 2]]);
  assert.equal(notices.length, 1);
});

const rejected: Record<string, [make: (file: import("./_h5.ts").File) => void, message: RegExp]> = {
  "without traces": [(file) => void file.create_group("a"), /a\.h5": it has no traces; they are LH5 tables/],
  "with traces of one dimension": [
    (file) => void file.create_dataset({ ...traces, shape: [4] }),
    /\/traces has the shape \[4\]; traces are/,
  ],
  "with times of other rows": [
    (file) => {
      file.create_dataset(traces);
      file.create_dataset({ name: "time", data: Float64Array.of(1), dtype: "<d" });
    },
    /\/time has the shape \[1\] for 2 traces/,
  ],
  "with fractions and no unit": [
    (file) => {
      file.create_dataset(traces);
      file.create_dataset({ name: "time", data: Float64Array.of(1, 2), dtype: "<d" });
    },
    /\/time has fractions and no attribute "units"/,
  ],
  "with times before the start": [
    (file) => {
      file.create_dataset(traces);
      file.create_dataset({ name: "time", data: Int32Array.of(-1, 2), dtype: "<i" });
    },
    /at row 0: its time is -1 ps/,
  ],
  "with negative samples": [
    (file) => void file.create_dataset({ ...traces, data: Int16Array.of(1, 2, 3, -4), dtype: "<h" }),
    /sample 1 of row 1 is -4/,
  ],
  "with samples that are text": [
    (file) => void file.create_dataset({ name: "traces", data: ["a", "b"], shape: [1, 2], dtype: "S1" }),
    /a\.h5:\/": (its samples are no numbers|sample)|no numbers/,
  ],
  "with encoded traces": [
    (file) => void file.create_group("raw").create_group("waveform").create_group("values"),
    /holds encoded traces; decode them/,
  ],
  "with channels that are none": [
    (file) => {
      file.create_dataset(traces);
      file.create_dataset({ name: "channel", data: Int32Array.of(1, 70000), dtype: "<i" });
    },
    /row 1 is of board 0, channel 70000/,
  ],
};
for (const [name, [make, message]] of Object.entries(rejected)) {
  Deno.test(`an HDF5 file ${name} is refused`, async () => {
    using folder = new TestFolder();
    await assert.rejects(readRun(await file(folder, make), { dt: 10 }), message);
  });
}

Deno.test("files and tables whose times have different origins are refused as one run, with both", async () => {
  using folder = new TestFolder();
  const at = (seconds: number) => ({ ...table([0, 5], [0, 0]), timestamp: [seconds, seconds + 1] });
  const read = (...files: [name: string, seconds: number[]][]) =>
    Promise.all(files.map(async ([name, starts]) => {
      const path = `${folder.path}/${name}`;
      await writeLh5(path, Object.fromEntries(starts.map((start, k) => [`ch${k}`, at(start)])));
      return path;
    })).then((paths) => readRun(paths));
  await assert.rejects(
    read(["a.lh5", [1]], ["b.lh5", [1_638_368_781]]),
    /Cannot read ".*b\.lh5:\/ch0\/raw" and ".*a\.lh5:\/ch0\/raw" as one run: their times have different origins: those of ".*b\.lh5.*" count from 1970 and begin at 2021-12-01T14:26:21Z, those of ".*a\.lh5.*" count from the start of the run; read them as runs of their own/,
  );
  await assert.rejects(
    read(["c.lh5", [0, 1_638_368_781]]),
    /"\S*c\.lh5:\/ch1\/raw" and "\S*c\.lh5:\/ch0\/raw" .* different origins/,
  );
  await assert.rejects(
    read(["a.lh5", [1_738_368_781]], ["b.lh5", [1_638_368_781]]),
    /too far apart: those of ".*a\.lh5.*" begin at 2025-02-01T00:13:01Z, those of ".*b\.lh5.*" at 2021-12-01T14:26:21Z, and a run lasts 106 days/,
  );
  assert.equal((await read(["a.lh5", [1_638_368_781]], ["b.lh5", [1_638_400_000]])).rows.length, 4);
});

Deno.test("an HDF5 file that is cut is refused, and so is one that is missing", async () => {
  using folder = new TestFolder();
  await writeLh5(`${folder.path}/a.lh5`, { ch0: table([5, 90, 40], [0, 0, 0]) });
  const bytes = await Deno.readFile(`${folder.path}/a.lh5`);
  const cut = folder.file("cut.lh5", bytes.subarray(0, bytes.length - 100));
  await assert.rejects(
    readRun(cut),
    /SyntaxError: .*cut\.lh5": the HDF5 library cannot open it, it is cut or damaged.*truncated/,
  );
});
