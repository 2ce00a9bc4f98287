import assert from "node:assert/strict";
import fc from "fast-check";
import { TestFolder } from "../compass/_testing.ts";
import { brief, fromEachPlace, readRun, sameForAnySize } from "../_testing.ts";
import { v1725Bytes, type V1725Event } from "./write.ts";

const trace = fc.record({
  channel: fc.nat(15),
  time: fc.oneof(fc.nat(200).map(BigInt), fc.nat(200).map((t) => 2n ** 47n + BigInt(t))),
  samples: fc.array(fc.tuple(fc.nat(65535), fc.nat(65535)), { maxLength: 4 }).map((pairs) => pairs.flat()),
  isTruncated: fc.boolean(),
});
const anyEvents: fc.Arbitrary<V1725Event[]> = fc.array(
  fc.record({
    channels: fc.uniqueArray(trace, { minLength: 1, maxLength: 4, selector: ({ channel }) => channel }),
  }),
  { minLength: 1, maxLength: 8 },
);

Deno.test("V1725 files give every trace that was written, in time order, with the board in their name", () =>
  fc.assert(
    fc.asyncProperty(anyEvents, anyEvents, fc.constantFrom(undefined, 2 ** 28, 1), async (a, b, dt) => {
      using folder = new TestFolder();
      folder.file("RAW/run_b0_seg0.bin", v1725Bytes(a));
      folder.file("RAW/run_b3_seg0.bin", v1725Bytes(b));
      const far = [...a, ...b].flatMap(({ channels }) => channels).some(({ time }) => time > 2n ** 46n);
      if (far && dt === 2 ** 28) dt = undefined; // beyond 64 bits
      const options = { reorderWindow: 2 ** 52 * 2, ...(dt === undefined ? {} : { dt }) };
      const { rows } = await readRun(folder.path, options)
        .catch((error) => {
          // 2^47 intervals are too far from the others for any window.
          assert.match(String(error), /set reorderWindow/);
          return { rows: undefined };
        });
      if (!rows) return;
      const expected = [[0, a], [3, b]].flatMap(([board, events]) =>
        (events as V1725Event[]).flatMap(({ channels }) =>
          channels.toSorted((x, y) => x.channel - y.channel).map((
            { channel, time, samples, isTruncated },
          ) => ({
            time: time * BigInt(dt ?? 4000),
            board: board as number,
            channel,
            flags: Number(isTruncated),
            wave: [...samples as number[]],
          }))
        )
      ).sort((x, y) =>
        x.time < y.time ? -1 : x.time > y.time ? 1 : x.board - y.board || x.channel - y.channel
      );
      assert.deepEqual(
        rows.map(({ time, board, channel, flags, wave }) => ({ time, board, channel, flags, wave })),
        expected,
      );
      await fromEachPlace(folder.path, rows, options);
    }),
    { numRuns: 100 },
  ));

const events: V1725Event[] = [3n, 5n, 41n, 40n].map((time, i) => ({
  channels: [{ channel: i, time, samples: [i, 2] }, {
    channel: 12,
    time: time + 1n,
    samples: i > 1 ? [] : [7, 8, 9, 10],
  }],
}));

Deno.test("V1725 files give the same rows for any size of pieces and reads", async () => {
  using folder = new TestFolder();
  folder.file("a_b1.bin", v1725Bytes(events));
  assert.equal((await sameForAnySize(folder.path)).length, 8);
});

Deno.test("V1725 files are read on within an event whose channels start at different times", async () => {
  using folder = new TestFolder();
  const many = Array.from({ length: 30 }, (_, i) => ({
    channels: [0, 3, 5].map((channel) => ({
      channel,
      time: BigInt(100 * i + (channel * 57) % 190),
      samples: [i, channel, 1, 2].slice(0, 2 + 2 * (i % 2)),
    })),
  }));
  const path = folder.file("a_b0.bin", v1725Bytes(many)),
    options = { maxRows: 1, readBytes: 60, reorderWindow: 1e6 };
  const { rows, places } = await readRun(path, options);
  assert.equal(rows.length, 90);
  assert.ok(places.length > 60, `${places.length} places`);
  for (const { at, cursor, rows: before } of places) {
    assert.deepEqual(
      (await readRun(path, { ...options, resume: { at, cursor } })).rows,
      rows.slice(before),
      cursor,
    );
  }
});

const whole = v1725Bytes(events), size = v1725Bytes(events.slice(0, 1)).length;
const rejected: Record<string, [bytes: Uint8Array, message: RegExp]> = {
  "is cut": [
    whole.subarray(0, -3),
    /at byte \d+: the last event is cut off after \d+ of \d+ bytes.*--recover/,
  ],
  "is cut in a header": [
    whole.subarray(0, size + 7),
    /at byte 52: the last event is cut off after 7 of 16 bytes/,
  ],
  "has bytes between events": [
    new Uint8Array([...whole.subarray(0, size), ...new Uint8Array(30)]),
    /at byte 52: an event starts with 0x00000000/,
  ],
  "has a channel that is too long": [
    whole.with(size + 16, 200),
    /at byte 52: channel 1 has 200 words in an event of/,
  ],
  "has a channel too many": [whole.with(size + 4, 0x12), /at byte 52: channel \d+ has \d+ words/],
  "has a channel too few": [
    whole.with(size + 4, 0),
    /at byte 52: .*(words, and its channels|channel 12 has)/,
  ],
};
for (const [name, [bytes, message]] of Object.entries(rejected)) {
  Deno.test(`a V1725 file that ${name} is refused, or read up to there`, async () => {
    using folder = new TestFolder();
    const file = folder.file("a.bin", bytes);
    await assert.rejects(readRun(file), message);
    const { rows, notices } = await readRun(file, { recover: true });
    assert.deepEqual(
      brief(rows).slice(0, 2),
      brief((await readRun(folder.file("b.bin", whole.subarray(0, size)))).rows),
    );
    assert.match(notices.join(), /Recovered \d traces of ".*a\.bin": \d+ bytes from byte \d+ on are lost/);
  });
}
