import assert from "node:assert/strict";
import fc from "fast-check";
import { BufferPool } from "@millrace/core/buffers";
import { Piece } from "./piece.ts";

/** A record of so many samples, at an odd place of some memory. */
function bytesOf(samples: number, k: number): Uint8Array {
  const bytes = new Uint8Array(2 * samples + 3).subarray(1 + k % 2, 1 + k % 2 + 2 * samples);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul(i + 1, 0x9e3779b1 + k) >>> 24;
  return bytes;
}

Deno.test("put() fills in samples in shared memory as elsewhere, whatever their number and in whichever order they come", () => {
  const row = fc.record({
    samples: fc.oneof(
      { weight: 6, arbitrary: fc.nat(300) },
      { weight: 1, arbitrary: fc.integer({ min: 2 ** 15 - 5, max: 2 ** 15 + 5 }) },
      { weight: 1, arbitrary: fc.integer({ min: 2 ** 15, max: 2 ** 17 }) },
    ),
    /** Its samples are written where they belong by the caller. */
    direct: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), fc.boolean(), (list, roomy) => {
      const all = list.reduce((sum, { samples }) => sum + samples, 0);
      const fill = (pool: BufferPool | undefined) => {
        // Without room for all of them, it grows while samples are on their way.
        const piece = new Piece(0n, roomy ? list.length : 1, roomy ? all : 10, { pool, account: undefined });
        list.forEach(({ samples, direct }, k) => {
          const first = piece.add(0, k, 0, samples, 1, 0, 0, NaN, 0, 0, k);
          const bytes = bytesOf(samples, k);
          if (!direct) return piece.put(bytes, first);
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
          for (let i = 0; i < samples; i++) piece.samples[first + i] = view.getUint16(2 * i, true);
        });
        using table = piece.finish();
        return {
          offsets: [...table.columns.wave.offsets].slice(0, list.length + 1),
          values: [...piece.samples].slice(0, all),
        };
      };
      assert.deepEqual(fill(new BufferPool({ shared: true })), fill(undefined));
    }),
    { numRuns: 60 },
  );
});
