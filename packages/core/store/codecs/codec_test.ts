import assert from "node:assert/strict";
import { openArrow } from "../arrow.ts";
import { fileOf, testCodec, waveforms } from "./_testing.ts";
import { codecOf, CODECS, DEFAULT_CODEC } from "./codec.ts";

for (const codec of Object.values(CODECS)) testCodec(codec);

Deno.test("codecOf() names what a mistyped codec may have meant", () => {
  assert.equal(codecOf(DEFAULT_CODEC).name, DEFAULT_CODEC);
  assert.throws(() => codecOf("zst"), {
    name: "RangeError",
    message: 'Unknown codec "zst"; did you mean "zstd"? There are none, zstd, waveform',
  });
  assert.throws(() => codecOf("toString"), /Unknown codec "toString"/);
});

Deno.test("compressed files are smaller, waveforms smaller still", async () => {
  using table = waveforms(2000);
  const [none, zstd, waveform] = await Promise.all(
    [CODECS.none, CODECS.zstd, CODECS.waveform].map(async (codec) => (await fileOf(table, codec)).length),
  );
  assert.ok(zstd! < none! && waveform! < zstd!, `${none} ${zstd} ${waveform}`);
});

Deno.test("a buffer that says it is larger than its rows is refused before anything is allocated", async () => {
  using table = waveforms(30);
  const bytes = await fileOf(table, CODECS.zstd);
  // The frame of the waveforms: 30 rows of 40 samples.
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = 8;
  while (view.getBigInt64(at, true) !== 2400n) at += 8;
  for (const size of [2n ** 40n, 3000n, -2n]) {
    const bad = bytes.slice();
    new DataView(bad.buffer).setBigInt64(at, size, true);
    await assert.rejects(
      openArrow(bad, { name: "h.arrow" }),
      /^SyntaxError: Cannot read "h.arrow": column "item" (says that it has \d+ bytes uncompressed|has a buffer of -2)/,
    );
  }
});

Deno.test("what comes out of a frame is no more and no less than it says", () => {
  const { decode, encode } = CODECS.zstd.buffers!;
  const bomb = encode(new Uint8Array(2 ** 24));
  assert.ok(bomb.length < 3000);
  assert.throws(() => decode(bomb, 1000), /its compressed bytes are damaged|bytes came out/);
  assert.throws(
    () => decode(encode(new Uint8Array(10)), 20),
    /10 bytes came out of its compressed ones, not 20/,
  );
  assert.throws(() => decode(new Uint8Array(9), 2 ** 30), /9 compressed bytes cannot hold 1073741824/);
  assert.throws(() => decode(Uint8Array.of(1, 2, 3, 4, 5), 5), /its compressed bytes are damaged/);
});
