import assert from "node:assert/strict";
import { bytesRead, type ReadRun, readRun, sameForAnySize } from "../_testing.ts";
import { readNpy, rowsOf, sharedPath, sharedTest } from "../../_testing.ts";
import { rawFiles } from "../../sources/raw_files.ts";
import { npyBytes } from "./write.ts";

/** A folder with files that is gone afterwards. */
async function withFiles(
  files: Record<string, Uint8Array>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_npy_" });
  try {
    for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(`${folder}/${name}`, bytes);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const run = (input: string, options: Record<string, unknown> = {}, chunkSize = 2) =>
  rowsOf([rawFiles], "raw_files", { raw_files: { input, dt: 10, ...options } }, { chunkSize });

const brief = (rows: Awaited<ReturnType<typeof run>>) =>
  rows.map(({ time, endtime, channel, wave }) => [time, endtime, channel, ...wave as Uint16Array]);

/** A file as numpy.save writes it. */
function file(descr: string, shape: string, data: ArrayBufferView, order = "False"): Uint8Array {
  const text = `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`.padEnd(117) + "\n";
  const bytes = new Uint8Array(128 + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0, ...new TextEncoder().encode(text)]);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 128);
  return bytes;
}

const a = npyBytes(Uint16Array.of(1, 2, 3, 4, 5, 65535), 2), b = npyBytes(Uint16Array.of(7, 8, 9), 3);

for (const chunkSize of [1, 2, 100]) {
  Deno.test(`.npy files are channels with traces behind each other, in chunks of ${chunkSize}`, () =>
    withFiles({ "a.npy": a, "b.npy": b }, async (folder) => {
      assert.deepEqual(brief(await run(folder, {}, chunkSize)), [
        [0n, 20n, 0, 1, 2],
        [0n, 30n, 1, 7, 8, 9],
        [20n, 40n, 0, 3, 4],
        [40n, 60n, 0, 5, 65535],
      ]);
    }));

  Deno.test(`.npy files by row have a channel a row, in chunks of ${chunkSize}`, () =>
    withFiles({ "a.npy": a, "b.npy": b }, async (folder) => {
      assert.deepEqual(brief(await run(folder, { channelBy: "row", t0: 100 }, chunkSize)), [
        [100n, 120n, 0, 1, 2],
        [100n, 120n, 1, 3, 4],
        [100n, 120n, 2, 5, 65535],
        [120n, 150n, 0, 7, 8, 9],
      ]);
    }));
}

for (const channelBy of ["file", "row"] as const) {
  Deno.test(`.npy files by ${channelBy} are gone on with behind any piece, and read from any time on`, () => {
    const c = npyBytes(new Uint16Array(0), 3),
      wide = npyBytes(Uint16Array.from({ length: 42 }, (_, k) => k), 7);
    return withFiles({ "a.npy": a, "b.npy": b, "c.npy": c, "d.npy": wide }, async (folder) => {
      const options = { dt: 10, t0: 100, channelBy };
      const rows = await sameForAnySize(folder, options);
      assert.equal(rows.length, 10);
      for (let from = 90n; from < 900n; from += 5n) {
        const later = await readRun(folder, { ...options, from });
        assert.deepEqual(later.rows, rows.filter(({ time }) => time >= from), `from ${from}`);
      }
    });
  });
}

Deno.test(".npy files are not read before a time range", () => {
  const data = npyBytes(Uint16Array.from({ length: 2 ** 20 }, (_, k) => k), 64);
  return withFiles({ "a.npy": data }, async (folder) => {
    let rows: ReadRun["rows"] = [];
    const bytes = await bytesRead(async () => {
      ({ rows } = await readRun(folder, { dt: 1, from: 2n ** 20n - 640n }));
    });
    assert.deepEqual(
      rows.map(({ record_id }) => record_id),
      Array.from({ length: 10 }, (_, k) => 16374n + BigInt(k)),
    );
    assert.ok(bytes > 0 && bytes < data.length / 10, `${bytes} bytes were read of ${data.length}`);
  });
});

Deno.test(".npy files have all other columns set, and records numbered", () =>
  withFiles({ "a.npy": a }, async (folder) => {
    const [, row] = await run(folder);
    assert.deepEqual(row, {
      time: 20n,
      endtime: 40n,
      board: 0,
      channel: 0,
      record_id: 1n,
      dt: 10,
      length: 2,
      energy: 0,
      energy_short: 0,
      energy_calibrated: NaN,
      flags: 0,
      polarity: 0,
      wave: Uint16Array.of(3, 4),
    });
  }));

const types: [descr: string, data: ArrayBufferView][] = [
  ["'|u1'", Uint8Array.of(1, 2)],
  ["'<i2'", Int16Array.of(1, 2)],
  ["'>u2'", Uint8Array.of(0, 1, 0, 2)],
  ["'<u4'", Uint32Array.of(1, 2)],
  ["'<i8'", BigInt64Array.of(1n, 2n)],
  ["'<f4'", Float32Array.of(1, 2)],
  ["'<f8'", Float64Array.of(1, 2)],
];
for (const [descr, data] of types) {
  Deno.test(`.npy samples of type ${descr} are read, one trace without rows too`, () =>
    withFiles({ "a.npy": file(descr, "(2,)", data) }, async (folder) => {
      assert.deepEqual(brief(await run(folder)), [[0n, 20n, 0, 1, 2]]);
    }));
}

const rejected: Record<string, [bytes: Uint8Array, message: RegExp, options?: Record<string, unknown>]> = {
  "without a sampling interval": [a, /TypeError: .*a\.npy.*set raw_files\.dt/, { dt: null }],
  "that is cut": [
    a.subarray(0, -1),
    /SyntaxError: .*a\.npy.*3 x 2 samples, 140 bytes, and it has 139; copy it again/,
  ],
  "that ends in its header": [a.subarray(0, 40), /SyntaxError: .*a\.npy.*at byte 10: its header is damaged/],
  "that is empty": [new Uint8Array(0), /SyntaxError: .*a\.npy.*at byte 0/],
  "of another version": [a.with(6, 9), /SyntaxError: .*at byte 6: format version 9/],
  "of negative samples": [
    file("'<i2'", "(1, 2)", Int16Array.of(1, -5)),
    /RangeError: .*sample 1 of row 0 is -5; .*astype/,
  ],
  "of fractions": [file("'<f8'", "(1, 1)", Float64Array.of(1.5)), /RangeError: .*sample 0 of row 0 is 1.5/],
  "of objects": [file("'|O'", "(1,)", Uint8Array.of(1)), /TypeError: .*samples of type '\|O'; save integers/],
  "of records": [
    file("[('a', '<u2')]", "(1,)", Uint16Array.of(1)),
    /TypeError: .*samples of type .*save integers/,
  ],
  "with columns first": [
    file("'<u2'", "(1, 1)", Uint16Array.of(1), "True"),
    /TypeError: .*ascontiguousarray/,
  ],
  "in three dimensions": [file("'<u2'", "(1, 1, 1)", Uint16Array.of(1)), /TypeError: .*shape is \(1, 1, 1\)/],
};
for (const [name, [bytes, message, options]] of Object.entries(rejected)) {
  Deno.test(`a .npy file ${name} is refused`, () =>
    withFiles({ "a.npy": bytes }, async (folder) => {
      await assert.rejects(run(folder, options), (error: Error) => {
        assert.match(`${error} ${error.cause ?? ""}`, message);
        return true;
      });
    }));
}

sharedTest("traces of a recording saved by NumPy are its traces", async () => {
  const path = sharedPath("data/hpge_100x5592_u2.npy");
  const rows = await run(path, { dt: "10 ns" }, 7), expected = readNpy(path);
  assert.equal(rows.length, 100);
  rows.forEach(({ wave, time }, i) => {
    assert.deepEqual(wave, expected[i]);
    assert.equal(time, BigInt(i) * 5592n * 10_000n);
  });
});
