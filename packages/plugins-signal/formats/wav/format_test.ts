import assert from "node:assert/strict";
import fc from "fast-check";
import { TestFolder } from "../compass/_testing.ts";
import { brief, readRun, sameForAnySize } from "../_testing.ts";
import { wavBytes, type WavSettings } from "./write.ts";

const types = ["u8", "i16", "i24", "i32", "f32", "f64"] as const;
for (const type of types) {
  Deno.test(`WAV samples of type ${type} are what was written, plain and extensible, RIFF and RF64`, () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }).chain((channels) =>
          fc.array(
            fc.array(fc.integer(type === "u8" ? { min: 0, max: 255 } : { min: 1, max: 65535 }), {
              minLength: channels,
              maxLength: channels,
            }),
            { minLength: 1, maxLength: 20 },
          )
        ),
        fc.record({ container: fc.constantFrom("RIFF", "RF64"), isExtensible: fc.boolean() }),
        fc.integer({ min: 1, max: 25 }),
        async (frames, settings, recordLength) => {
          using folder = new TestFolder();
          const channels = frames[0]!.map((_, c) => Uint16Array.from(frames, (frame) => frame[c]!));
          folder.file("a.wav", wavBytes(channels, { rate: 8000, type, ...settings } as WavSettings));
          const { rows } = await readRun(folder.path, { recordLength, t0: 3 });
          const expected: [bigint, number, ...number[]][] = [];
          for (let from = 0; from < frames.length; from += recordLength) {
            channels.forEach((samples, c) =>
              expected.push([
                3n + 125_000_000n * BigInt(from),
                c,
                ...samples.subarray(from, from + recordLength),
              ])
            );
          }
          assert.deepEqual(brief(rows), expected);
        },
      ),
      { numRuns: 25 },
    ));
}

const ramp = (n: number) => Uint16Array.from({ length: n }, (_, i) => 32768 + i);

Deno.test("WAV files are merged with a channel each, for any sizes; records start where the rate says", async () => {
  using folder = new TestFolder();
  folder.file("a.wav", wavBytes([ramp(50), ramp(50)], { rate: 44_100 }));
  folder.file("b.wav", wavBytes([ramp(30)], { rate: 48_000 }));
  const rows = await sameForAnySize(folder.path, { recordLength: 7 });
  assert.deepEqual(rows.map(({ channel }) => channel).toSorted().join(""), "00000000" + "11111111" + "22222");
  for (const channel of [0, 1, 2]) {
    const rate = channel < 2 ? 44_100 : 48_000;
    rows.filter((row) => row.channel === channel).forEach(({ time }, i) =>
      assert.equal(time, BigInt(Math.round(7 * i * 1e12 / rate)))
    );
  }
});

Deno.test("WAV files say what is rounded", async () => {
  using folder = new TestFolder();
  const notices = async (rate: number, type: WavSettings["type"]) =>
    (await readRun(folder.file("a.wav", wavBytes([ramp(5)], { rate, type: type! })))).notices.join("\n");
  assert.equal(await notices(8000, "i16"), "");
  assert.match(await notices(44_100, "i16"), /is 22675737 ps, rounded: it has 44100 samples a second/);
  assert.match(await notices(8000, "i24"), /are the upper 16 bits of 24/);
  assert.match(await notices(8000, "f32"), /rounded to 16 bits from floating point/);
});

const whole = wavBytes([ramp(50), ramp(50)], { rate: 8000 });
Deno.test("recover keeps what there is of a WAV file that was cut, and says so", async () => {
  using folder = new TestFolder();
  const file = folder.file("a.wav", whole.subarray(0, -11));
  await assert.rejects(
    readRun(file),
    /"\S+a\.wav" is 11 bytes shorter than its header says; copy it again, or run again with/,
  );
  const { rows, notices } = await readRun(file, { recover: true });
  assert.deepEqual(rows.map(({ length }) => length), [47, 47]);
  assert.match(notices.join(), /Kept 47 samples a channel/);
});

Deno.test("WAV samples behind other chunks are found, and those of a recorder that never came to its end", async () => {
  using folder = new TestFolder();
  const list = new Uint8Array([
    ...whole.subarray(0, 12),
    ...new TextEncoder().encode("LIST\x03\0\0\0abc\0"),
    ...whole.subarray(12),
  ]);
  assert.equal((await readRun(folder.file("a.wav", list))).rows[0]!.length, 50);
  const open = whole.slice();
  open.fill(0, 40, 44);
  assert.equal((await readRun(folder.file("a.wav", open))).rows[0]!.length, 50);
});

const float = wavBytes([ramp(5)], { rate: 8000, type: "f32" });
new DataView(float.buffer).setFloat32(44 + 8, 1.5, true);
const rejected: Record<string, [bytes: Uint8Array, message: RegExp]> = {
  "that ends in its header": [whole.subarray(0, 30), /at byte 30: it ends in its header/],
  "without samples": [whole.subarray(0, 36), /at byte 36: it has no samples/],
  "with packed samples": [
    whole.with(20, 17),
    /at byte 20: its samples are of format 17 with 16 bits; save integers/,
  ],
  "with 12 bits": [whole.with(34, 12), /format 1 with 12 bits/],
  "without channels": [whole.with(22, 0), /it has 0 channels/],
  "with frames of another size": [whole.with(32, 5), /a sample of all 2 channels has 5 bytes/],
  "that is too slow": [
    wavBytes([ramp(5)], { rate: 1000 }),
    /1000 samples a second; an interval is 1 to 268435456 ps/,
  ],
  "with samples above 1": [float, /sample 2 of channel 0 lies outside -1 to 1/],
};
for (const [name, [bytes, message]] of Object.entries(rejected)) {
  Deno.test(`a WAV file ${name} is refused`, async () => {
    using folder = new TestFolder();
    await assert.rejects(readRun(folder.file("a.wav", bytes)), message);
  });
}
