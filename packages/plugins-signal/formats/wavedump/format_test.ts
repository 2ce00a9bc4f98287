import assert from "node:assert/strict";
import fc from "fast-check";
import { TestFolder } from "../compass/_testing.ts";
import { brief, fromEachPlace, readRun, sameForAnySize } from "../_testing.ts";
import { waveDumpBytes, type WaveDumpEvent } from "./write.ts";

/** Events of a channel, in order, over many turns of the counter. */
const channelOf = (channel: number): fc.Arbitrary<WaveDumpEvent[]> =>
  fc.array(
    fc.record({
      gap: fc.oneof(fc.nat(9), fc.nat(2 ** 30)),
      samples: fc.array(fc.nat(65535), { maxLength: 9 }),
    }),
    { minLength: 1, maxLength: 12 },
  ).map((events) => {
    let time = 0n;
    return events.map(({ gap, samples }) => ({
      channel,
      board: channel,
      time: time += BigInt(gap),
      samples,
    }));
  });

Deno.test("WaveDump files give every trace that was written, in time order, beyond the turns of the counter", () =>
  fc.assert(
    fc.asyncProperty(channelOf(0), channelOf(3), async (a, b) => {
      using folder = new TestFolder();
      folder.file("wave0.dat", waveDumpBytes(a));
      folder.file("wave3.dat", waveDumpBytes(b));
      const { rows } = await readRun(folder.path, { dt: 4000 });
      const expected = [...a, ...b].sort((x, y) =>
        x.time < y.time ? -1 : x.time > y.time ? 1 : x.channel - y.channel
      );
      assert.deepEqual(
        rows.map(({ time, board, channel, wave }) => ({ time, board, channel, samples: wave })),
        expected.map(({ time, board, channel, samples }) => ({
          time: 8000n * time,
          board,
          channel,
          samples,
        })),
      );
      await fromEachPlace(folder.path, rows, { dt: 4000 });
    }),
    { numRuns: 60 },
  ));

const events: WaveDumpEvent[] = [3n, 5n, 9n, 7n].map((time, i) => ({
  channel: 2,
  time,
  samples: [i, 65535, 3].slice(i % 2),
}));

Deno.test("WaveDump files give the same rows for any size of pieces and reads", async () => {
  using folder = new TestFolder();
  folder.file("wave2.dat", waveDumpBytes(events));
  assert.equal((await sameForAnySize(folder.path, { dt: 4000 })).length, 4);
});

Deno.test("WaveDump files are read on from any place, also where their counter has started anew before", async () => {
  using folder = new TestFolder();
  const times = (channel: number) =>
    Array.from({ length: 14 }, (_, k) => BigInt(k * 900_000_000 + channel * 400_000_000));
  for (const channel of [0, 1]) {
    const events = times(channel).map((time, i) => ({ channel, time, samples: [i, 7] }));
    folder.file(`wave${channel}.dat`, waveDumpBytes(events));
  }
  const rows = await sameForAnySize(folder.path, { dt: 4000 });
  assert.deepEqual(
    rows.map(({ time }) => time),
    [...times(0), ...times(1)].map((time) => 8000n * time).sort((a, b) => a < b ? -1 : 1),
  );
});

const whole = waveDumpBytes(events), size = 24 + 6;
const rejected: Record<string, [bytes: Uint8Array, message: RegExp]> = {
  "is cut": [
    whole.subarray(0, -3),
    /at byte \d+: the last event is cut off after \d+ of \d+ bytes.*--recover/,
  ],
  "is cut in a header": [
    whole.subarray(0, size + 7),
    /at byte 30: the last event is cut off after 7 of 24 bytes/,
  ],
  "has an event of odd length": [whole.with(58, 25), /at byte 58: no event starts there/],
  "has an event that is too short": [whole.with(58, 22), /at byte 58: no event starts there/],
};
for (const [name, [bytes, message]] of Object.entries(rejected)) {
  Deno.test(`a WaveDump file that ${name} is refused, or read up to there`, async () => {
    using folder = new TestFolder();
    const file = folder.file("wave2.dat", bytes);
    await assert.rejects(readRun(file, { dt: 4000 }), message);
    const { rows, notices } = await readRun(file, { dt: 4000, recover: true });
    assert.deepEqual(brief(rows)[0], [24_000n, 2, 0, 65535, 3]);
    assert.match(
      notices.join(),
      /Recovered \d traces of ".*wave2\.dat": \d+ bytes from byte \d+ on are lost/,
    );
  });
}

Deno.test("a WaveDump file is refused without a sampling interval", async () => {
  using folder = new TestFolder();
  await assert.rejects(
    readRun(folder.file("wave2.dat", whole)),
    /TypeError: .*--set raw_files\.dt=4ns/,
  );
});
