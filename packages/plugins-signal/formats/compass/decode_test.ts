import assert from "node:assert/strict";
import fc from "fast-check";
import { Account } from "@millrace/core/buffers";
import { CompassDecoder } from "./decode.ts";
import { fileOf, inOrder, type TestEvent } from "./_testing.ts";

const event = fc.record({
  board: fc.constantFrom(0, 1, 65535),
  channel: fc.constantFrom(0, 3, 65535),
  time: fc.oneof(
    fc.bigInt(0n, 20n),
    fc.bigInt(2n ** 32n - 3n, 2n ** 32n + 3n),
    fc.bigInt(0n, 2n ** 63n - 2n ** 53n - 1n),
  ),
  samples: fc.array(fc.nat(65535), { maxLength: 6 }),
}, { noNullPrototype: true });

/** What a decoder holds, read through its columns and backlog. */
function eventsOf(decoder: CompassDecoder): TestEvent[] {
  const out: TestEvent[] = [];
  for (let row = decoder.head; row < decoder.count; row++) {
    const at = decoder.offset[row]! - decoder.base + decoder.layout!.fixed;
    const samples: number[] = [];
    for (let k = 0; k < decoder.samples[row]!; k++) samples.push(decoder.view.getUint16(at + 2 * k, true));
    out.push({
      board: decoder.place[row]! >>> 16,
      channel: decoder.place[row]! & 65535,
      time: (BigInt(decoder.hi[row]!) << 32n) + BigInt(decoder.lo[row]!),
      samples,
    });
  }
  return out;
}

Deno.test("CompassDecoder gives the same events for any pieces, in the total order", () => {
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 40 }),
      fc.nat(7),
      fc.array(fc.nat(60), { minLength: 1, maxLength: 20 }),
      (events, energies, sizes) => {
        const bytes = fileOf(8 | energies, events);
        using decoder = new CompassDecoder();
        for (let at = 0, k = 0; at < bytes.length; k++) {
          const size = Math.max(k % 3, sizes[k % sizes.length]!); // Now and then nothing, never for ever.
          decoder.push(bytes.subarray(at, at + size));
          at += size;
        }
        decoder.finish();
        assert.equal(decoder.damage, undefined);
        assert.equal(decoder.received, bytes.length);
        assert.deepEqual(eventsOf(decoder), inOrder(events));
        assert.equal(decoder.firstSamples, events[0]?.samples.length ?? 0);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("CompassDecoder reads every content that a header may announce", () => {
  const one: TestEvent = {
    board: 1,
    channel: 2,
    time: 3n,
    energy: 4,
    calibrated: 5.5,
    short: 6,
    flags: 0xfffffff7,
  };
  for (let content = 0; content < 16; content++) {
    using decoder = new CompassDecoder();
    decoder.push(fileOf(content, [one, { ...one, time: 9n }]));
    decoder.finish();
    assert.equal(decoder.damage, undefined);
    assert.equal(decoder.count, 2);
    const { layout, view } = decoder;
    const at = decoder.offset[1]!;
    assert.equal(view.getUint32(at + layout!.flags, true), 0xfffffff7);
    assert.equal(
      content & 1 ? view.getUint16(at + layout!.energy, true) : layout!.energy,
      content & 1 ? 4 : -1,
    );
    assert.equal(
      content & 2 ? view.getFloat64(at + layout!.calibrated, true) : layout!.calibrated,
      content & 2 ? 5.5 : -1,
    );
    assert.equal(
      content & 4 ? view.getUint16(at + layout!.short, true) : layout!.short,
      content & 4 ? 6 : -1,
    );
  }
});

const good: TestEvent = { time: 100n, samples: [1, 2] };
const fixed = 21;
const rejects: { name: string; bytes: Uint8Array; offset: number; error: RegExp; events: number }[] = [
  {
    name: "an empty input",
    bytes: new Uint8Array(0),
    offset: 0,
    events: 0,
    error: /"it" at byte 0: it is empty;.*remove/,
  },
  {
    name: "half a header",
    bytes: new Uint8Array([0xe8]),
    offset: 0,
    events: 0,
    error: /at byte 0: it ends after 1 byte/,
  },
  {
    name: "another format",
    bytes: new TextEncoder().encode("BOARD;CHANNEL"),
    offset: 0,
    events: 0,
    error: /starts with 0x4f42.*give \.BIN/,
  },
  {
    name: "a header in the wrong byte order",
    bytes: new Uint8Array([0xca, 0xe8]),
    offset: 0,
    events: 0,
    error: /starts with 0xe8ca/,
  },
  {
    name: "a time of 2^63",
    bytes: fileOf(8, [good, { time: 2n ** 63n - 2n ** 53n }]),
    offset: 2 + fixed + 4,
    events: 1,
    error: /at byte 27: the event's time is 9214364837600034816 ps.*recover/,
  },
  {
    name: "too many samples",
    bytes: fileOf(8, [good, good]).with(2 + fixed + 4 + fixed - 1, 2), // the highest byte of the number
    offset: 2 + fixed + 4,
    events: 1,
    error: /the event has 33554434 samples, the limit is 16777216: .*copy it again/,
  },
];
for (const reject of rejects) {
  Deno.test(`CompassDecoder stops at ${reject.name}, in any pieces`, () => {
    for (const size of [1, 7, 1000]) {
      using decoder = new CompassDecoder({ name: "it" });
      for (let at = 0; at < reject.bytes.length; at += size) {
        decoder.push(reject.bytes.subarray(at, at + size));
      }
      decoder.finish();
      assert.equal(decoder.damage?.offset, reject.offset);
      assert(decoder.damage.error instanceof SyntaxError);
      assert.match(decoder.damage.error.message, reject.error);
      assert.equal(decoder.events, reject.events);
    }
  });
}

Deno.test("CompassDecoder finds a cut at every byte of the last event", () => {
  const bytes = fileOf(15, [{ time: 5n, samples: [1] }, { time: 6n, samples: [7, 8, 9] }]);
  const last = 2 + 33 + 2;
  for (let end = last + 1; end < bytes.length; end++) {
    using decoder = new CompassDecoder();
    decoder.push(bytes.subarray(0, end));
    decoder.finish();
    assert.equal(decoder.damage?.offset, last);
    const size = end < last + 33 ? "33 or more" : "39";
    assert.match(decoder.damage.error.message, new RegExp(`cut off after ${end - last} of ${size} bytes`));
    assert.deepEqual(eventsOf(decoder), [{ board: 0, channel: 0, time: 5n, samples: [1] }]);
  }
  using whole = new CompassDecoder();
  whole.push(bytes.subarray(0, last));
  whole.finish();
  assert.equal(whole.damage, undefined);
});

Deno.test("CompassDecoder takes a row exactly as late as the reorder window, and none later", () => {
  const events = (behind: bigint): Uint8Array =>
    fileOf(0, [{ time: 2n ** 40n }, { time: 2n ** 40n - behind }]);
  for (const window of [0, 1, 5_000_000_000]) {
    using onTime = new CompassDecoder({ reorderWindow: window });
    onTime.push(events(BigInt(window)));
    assert.equal(onTime.damage, undefined);
    using late = new CompassDecoder({ name: "a.BIN", reorderWindow: window });
    late.push(events(BigInt(window) + 1n));
    assert.equal(late.damage?.offset, 18);
    assert(late.damage.error instanceof RangeError);
    assert.match(
      late.damage.error.message,
      new RegExp(`"a.BIN" at byte 18: .* comes after one at 1099511627776 ps.* to at least ${window + 1} ps`),
    );
  }
});

Deno.test("CompassDecoder keeps no more than what was not taken", () => {
  const account = new Account();
  const bytes = fileOf(8, Array.from({ length: 200 }, (_, i) => ({ time: BigInt(i), samples: [i, i, i] })));
  const decoder = new CompassDecoder({ account });
  decoder.push(bytes.subarray(0, 2));
  for (let round = 0; round < 400; round++) {
    const body = bytes.slice(2);
    for (let at = 0; at < body.length; at += 1000) {
      decoder.push(body.subarray(at, at + 1000));
      decoder.head = decoder.count;
    }
  }
  assert.equal(decoder.events, 80_000);
  assert(account.peak < 16_384, `${account.peak} bytes for 2.2 MB of input`);
  decoder[Symbol.dispose]();
  assert.equal(account.used, 0);
});

Deno.test("CompassDecoder keeps rows that were not taken, wherever the backlog moves", () => {
  const events = Array.from(
    { length: 300 },
    (_, i) => ({ board: 0, channel: i, time: BigInt(i ^ 3), samples: [i, i + 1] }),
  );
  const bytes = fileOf(8, events);
  using decoder = new CompassDecoder();
  const seen: TestEvent[] = [];
  for (let at = 0; at < bytes.length; at += 37) {
    decoder.push(bytes.subarray(at, at + 37));
    // Rows are final here once one at least 3 later is there.
    const all = eventsOf(decoder);
    for (const one of all) {
      if (one.time + 3n >= BigInt(decoder.latestLo)) break;
      seen.push(one);
      decoder.head++;
    }
  }
  assert.deepEqual([...seen, ...eventsOf(decoder)], inOrder(events));
});

Deno.test("CompassDecoder refuses limits out of range", () => {
  assert.throws(() => new CompassDecoder({ maxSamples: 2 ** 24 + 1 }), /RangeError.*maxSamples 16777217/);
  assert.throws(() => new CompassDecoder({ reorderWindow: -1 }), /RangeError.*window -1 ps/);
  assert.throws(() => new CompassDecoder({ reorderWindow: 0.5 }), RangeError);
});
