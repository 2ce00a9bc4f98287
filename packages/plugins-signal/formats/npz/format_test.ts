import assert from "node:assert/strict";
import { TestFolder } from "../compass/_testing.ts";
import { brief, readRun, sameForAnySize } from "../_testing.ts";
import { npyBytes } from "../npy/write.ts";
import { npzBytes } from "./write.ts";

const a = { values: Uint16Array.of(1, 2, 3, 4, 5, 65535), width: 2 },
  b = { values: Uint16Array.of(7, 8, 9), width: 3 };
const options = { dt: 10 };

for (const packed of [false, true]) {
  const how = packed ? "deflated" : "stored";
  Deno.test(`.npz arrays that are ${how} are channels with traces behind each other, for any sizes`, async () => {
    using folder = new TestFolder();
    folder.file("x.npz", npzBytes({ a, b }, packed));
    assert.deepEqual(brief(await sameForAnySize(folder.path, options)), [
      [0n, 0, 1, 2],
      [0n, 1, 7, 8, 9],
      [20n, 0, 3, 4],
      [40n, 0, 5, 65535],
    ]);
  });

  Deno.test(`.npz arrays that are ${how} give what .npy files give`, async () => {
    using folder = new TestFolder();
    const values = Uint16Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 65521);
    const archive = folder.file("x.npz", npzBytes({ a: { values, width: 100 } }, packed));
    const file = folder.file("x.npy", npyBytes(values, 100));
    for (const channelBy of ["file", "row"] as const) {
      const given = { ...options, t0: 5, channelBy };
      assert.deepEqual((await readRun(archive, given)).rows, (await readRun(file, given)).rows);
    }
  });
}

Deno.test(".npz arrays with one dimension are left out where there are traces, which is said", async () => {
  using folder = new TestFolder();
  const times = npzBytes({ t: b, a });
  // The same header with a shape of one dimension.
  const bytes = times.slice(), from = find(times, "'shape': (1, 3), }");
  bytes.set(new TextEncoder().encode("'shape': (3,), }  "), from);
  const file = folder.file("x.npz", bytes);
  const { rows, notices } = await readRun(file, options);
  assert.deepEqual(brief(rows).map(([, channel]) => channel), [0, 0, 0]);
  assert.match(notices.join(), /x\.npz:t\.npy" has one dimension and is left out/);
});

/** Where a text lies in bytes. */
const find = (bytes: Uint8Array, text: string) =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join("").indexOf(text);

Deno.test(".npz arrays that are no traces are left out where there are some, which is said", async () => {
  using folder = new TestFolder();
  const bytes = npzBytes({ t: b, a });
  bytes.set(new TextEncoder().encode("'<f2'"), find(bytes, "'<u2'"));
  const { rows, notices } = await readRun(folder.file("x.npz", bytes), options);
  assert.equal(rows.length, 3);
  assert.match(notices.join(), /An array is left out: .*x\.npz:t\.npy" at byte 10: samples of type '<f2'/);
  const alone = npzBytes({ t: b });
  alone.set(new TextEncoder().encode("'<f2'"), find(alone, "'<u2'"));
  await assert.rejects(readRun(folder.file("y.npz", alone), options), /TypeError: .*samples of type '<f2'/);
});

const NUMPY = `
import sys, zipfile, numpy as np
a = np.arange(12, dtype="u2").reshape(3, 4)
with open(sys.argv[1] + "/s.npz", "wb") as f: np.savez(f, a)
with open(sys.argv[1] + "/c.npz", "wb") as f: np.savez_compressed(f, a)
z = np.load(sys.argv[1] + "/ours.npz"); print(z["a"].tolist(), z["b"].tolist())
`;
Deno.test("NumPy reads what is written, and its archives are read", async (t) => {
  using folder = new TestFolder();
  folder.file("ours.npz", npzBytes({ a, b }, true));
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("python3", { args: ["-c", NUMPY, folder.path] }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return void await t.step({ name: "skipped: there is no python3", ignore: true, fn() {} });
  }
  if (/No module named/.test(new TextDecoder().decode(output.stderr))) {
    return void await t.step({ name: "skipped: there is no python3-numpy", ignore: true, fn() {} });
  }
  assert.equal(new TextDecoder().decode(output.stdout), "[[1, 2], [3, 4], [5, 65535]] [[7, 8, 9]]\n");
  for (const name of ["s", "c"]) {
    const { rows } = await readRun(`${folder.path}/${name}.npz`, options);
    assert.deepEqual(brief(rows), [[0n, 0, 0, 1, 2, 3], [40n, 0, 4, 5, 6, 7], [80n, 0, 8, 9, 10, 11]]);
  }
});

const whole = npzBytes({ a }),
  packed = npzBytes({ a: { values: new Uint16Array(5000).map((_, i) => i * i), width: 5 } }, true);
const rejected: Record<string, [bytes: Uint8Array, message: RegExp, options?: { dt?: number }]> = {
  "without a sampling interval": [
    whole,
    /x\.npz": NumPy files have no sampling interval; set it, such as --set raw_files\.dt=2ns/,
    {},
  ],
  "that is cut": [whole.subarray(0, -30), /x\.npz": it has no directory at its end, it was cut/],
  "that has no arrays": [npzBytes({}), /x\.npz": there are no arrays in it/],
  "whose directory is damaged": [
    whole.with(whole.length - 22 - 10 - 40, 9),
    /x\.npz" at byte \d+: its directory is damaged/,
  ],
  "with a wrong sample": [whole.with(33 + 130, 99), /x\.npz:a\.npy": its checksum is wrong/],
  "with damaged packed bytes": [
    packed.with(2000, packed[2000]! ^ 255).with(2300, packed[2300]! ^ 255),
    /x\.npz:a\.npy": its (packed bytes are damaged|checksum is wrong)/,
  ],
  "that is encrypted": [encrypted(), /"a\.npy" in ".*x\.npz": it is encrypted/],
};
function encrypted(): Uint8Array {
  const bytes = whole.slice(), at = find(bytes, "PK\x01\x02");
  bytes[at + 8]! |= 1;
  return bytes;
}
for (const [name, [bytes, message, given]] of Object.entries(rejected)) {
  Deno.test(`a .npz archive ${name} is refused`, async () => {
    using folder = new TestFolder();
    await assert.rejects(readRun(folder.file("x.npz", bytes), given ?? options), message);
  });
}
