import fc from "fast-check";
import assert from "node:assert/strict";
import { decode } from "./_decode.ts";
import { Encoder } from "./_encode.ts";
import { FrameDecoder } from "./_frame_decoder.ts";
import { FrameWriter } from "./_frame_writer.ts";

Deno.test("FrameWriter writes all frames in order, whatever their sizes", async () => {
  const sizes = fc.array(fc.oneof(fc.nat(10), fc.integer({ min: 2000, max: 200_000 })), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.boolean(), async (lengths, shared) => {
      const values: Uint8Array[] = [];
      const decoder = new FrameDecoder((frame) => values.push(decode(frame) as Uint8Array));
      const writer = new FrameWriter(
        new WritableStream({
          async write(piece) {
            assert.ok(piece.length <= 65536);
            await undefined;
            decoder.push(piece);
          },
        }),
        (error) => assert.fail(String(error)),
      );
      const encoder = new Encoder();
      const expected = lengths.map((length, i) => {
        const memory = shared ? new SharedArrayBuffer(length) : new ArrayBuffer(length);
        const array = new Uint8Array(memory);
        for (let j = 0; j < length; j++) array[j] = (j * (i + 1)) % 251;
        const { head, buffers } = encoder.encode(1, 0, array);
        writer.write(head, buffers);
        return new Uint8Array(array);
      });
      await writer.close();
      decoder.end();
      assert.deepEqual(values, expected);
    }),
    { numRuns: 40 },
  );
});

Deno.test("FrameWriter waits for its reader", async () => {
  let written = 0;
  const gate = Promise.withResolvers<void>();
  const writer = new FrameWriter(
    new WritableStream({
      write(piece) {
        written += piece.length;
        return gate.promise;
      },
    }, { highWaterMark: 0 }),
    (error) => assert.fail(String(error)),
  );
  writer.write(new Uint8Array(1), [new ArrayBuffer(1 << 20)]);
  await new Promise((resolve) => setTimeout(resolve));
  assert.ok(written <= 65536, String(written));
  gate.resolve();
  await writer.close();
  assert.equal(written, 1 + (1 << 20));
});

Deno.test("FrameWriter tells once that nobody reads, and writes no more", async () => {
  const errors: unknown[] = [];
  const writer = new FrameWriter(
    new WritableStream({
      write() {
        throw new Error("broken pipe");
      },
    }),
    (error) => errors.push(error),
  );
  writer.write(new Uint8Array(1), [new ArrayBuffer(1 << 20)]);
  writer.write(new Uint8Array(1), []);
  await new Promise((resolve) => setTimeout(resolve));
  writer.write(new Uint8Array(1), []);
  await writer.close();
  writer.abort();
  assert.deepEqual(errors.map(String), ["Error: broken pipe"]);
});
