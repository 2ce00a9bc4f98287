import assert from "node:assert/strict";
import fc from "fast-check";
import { joinSamples, type Rows, splitSamples, type Words } from "./_planes.ts";

/** The same in plain TypeScript. */
function reference(
  values: Words,
  rows: number,
  where: Rows,
): { bases: number[]; low: number[]; high: number[] } {
  const bases: number[] = [], low: number[] = [], high: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [from, to] = "offsets" in where
      ? [where.offsets[row]! - where.offsets[0]!, where.offsets[row + 1]! - where.offsets[0]!]
      : [row * where.width, (row + 1) * where.width];
    const samples = [...values.subarray(from, to)];
    const head = samples.slice(0, 16);
    const base = head.length === 0 ? 0 : Math.floor(head.reduce((sum, x) => sum + x, 0) / head.length + 0.5);
    bases.push(base);
    for (const x of samples) {
      const d = (x - base) << 16 >> 16;
      const z = ((d << 1) ^ (d >> 15)) & 0xffff;
      low.push(z & 255);
      high.push(z >> 8);
    }
  }
  return { bases, low, high };
}

function check(values: Words, rows: number, where: Rows): void {
  const wanted = reference(values, rows, where);
  const { bases, low, high, hasHigh } = splitSamples(values, rows, where);
  assert.deepEqual([...bases], wanted.bases);
  assert.deepEqual([...low], wanted.low);
  assert.deepEqual([...high], wanted.high);
  assert.equal(hasHigh, wanted.high.some((byte) => byte !== 0));
  const out = values instanceof Int16Array ? new Int16Array(values.length) : new Uint16Array(values.length);
  joinSamples(bases, low, hasHigh ? high : undefined, rows, where, out);
  assert.deepEqual(out, values.slice());
}

const values = (signed: boolean, max: number) =>
  fc.array(fc.oneof(fc.integer({ min: 100, max: 130 }), fc.integer({ min: 0, max: 65535 })), {
    maxLength: max,
  })
    .map((list) => signed ? Int16Array.from(list) : Uint16Array.from(list));

Deno.test("splitSamples() and joinSamples() agree with plain code, and with each other", () => {
  fc.assert(fc.property(
    fc.boolean().chain((signed) => values(signed, 120)),
    fc.array(fc.nat(120), { maxLength: 8 }),
    fc.nat(9),
    (list, cuts, shift) => {
      const ends = cuts.map((cut) => Math.min(cut, list.length)).sort((a, b) => a - b);
      const offsets = Uint32Array.from([0, ...ends, list.length], (at) => at + shift);
      check(list, offsets.length - 1, { offsets });
    },
  ));
});

Deno.test("rows longer than a block, and many rows without samples, keep every sample", () => {
  const long = Uint16Array.from({ length: 100_003 }, (_, i) => 5000 + (i * 7919) % 13);
  check(long, 1, { width: long.length });
  check(long.subarray(3), 10, { width: 10_000 });
  const offsets = new Uint32Array(70_001);
  offsets.fill(5, 33_000);
  offsets.fill(9, 66_000);
  check(long.subarray(0, 9), 70_000, { offsets });
  check(new Uint16Array(0), 0, { width: 800 });
  check(new Int16Array(0), 3, { offsets: Uint32Array.of(4, 4, 4, 4) });
});
