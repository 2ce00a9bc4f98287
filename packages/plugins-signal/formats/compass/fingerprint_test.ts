import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fingerprint, FINGERPRINT_METHOD } from "./fingerprint.ts";
import { TestFolder } from "./_testing.ts";

const MIB = 2 ** 20;

Deno.test("fingerprint() is what its method says, for sizes around its parts", async () => {
  using folder = new TestFolder();
  for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 1, 3 * MIB]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 12)) & 255);
    const path = folder.file("a.BIN", bytes);
    const hash = createHash("sha256").update(new Uint8Array(new BigUint64Array([BigInt(size)]).buffer));
    hash.update(bytes.subarray(0, MIB)).update(bytes.subarray(Math.max(MIB, size - MIB)));
    assert.deepEqual(await fingerprint(path), {
      name: "a.BIN",
      size,
      sha256: hash.digest("hex"),
      method: FINGERPRINT_METHOD,
    });
  }
});

Deno.test("fingerprint() sees a changed byte in head and tail, a changed size, and no move", async () => {
  using folder = new TestFolder();
  const bytes = new Uint8Array(2 * MIB + 100);
  const of = async (bytes: Uint8Array, name = "a.BIN"): Promise<string> =>
    (await fingerprint(folder.file(name, bytes))).sha256;
  const first = await of(bytes);
  assert.equal(await of(bytes, "other/b.BIN"), first);
  for (const at of [0, MIB - 1, MIB + 100, 2 * MIB + 99]) {
    assert.notEqual(await of(bytes.with(at, 1)), first, `byte ${at}`);
  }
  assert.notEqual(await of(bytes.subarray(1)), first);
});

Deno.test("fingerprint() needs the file", async () => {
  await assert.rejects(fingerprint("/nowhere/a.BIN"), { name: "NotFound" });
});
