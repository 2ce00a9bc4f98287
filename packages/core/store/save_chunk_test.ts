import assert from "node:assert/strict";
import { saveThenSync } from "./save_chunk.ts";

const SAVED = { bytes: 3, sha256: "00", longestRow: 0n };

Deno.test("saveThenSync() lets the writer go before the disk has the file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const request = { path: `${folder}/000000.arrow`, schema: "{}", durable: true };
    const saved = await saveThenSync(async ({ path, durable }) => {
      assert.equal(durable, false);
      await Deno.writeTextFile(path, "abc");
      return SAVED;
    }, request);
    assert.equal(saved, SAVED);
    assert.equal(await Deno.readTextFile(request.path), "abc");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("saveThenSync() fails where the file cannot be synced, and leaves none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const request = { path: `${folder}/000000.arrow`, schema: "{}", durable: true };
    // Nothing is there.
    await assert.rejects(saveThenSync(() => Promise.resolve(SAVED), request), Deno.errors.NotFound);
    // What is there cannot be opened to be written.
    const blocked = saveThenSync(async ({ path }) => {
      await Deno.mkdir(path);
      return SAVED;
    }, request);
    await assert.rejects(blocked);
    await assert.rejects(Deno.stat(request.path), Deno.errors.NotFound);
    // Not asked to wait, it does not look.
    assert.equal(await saveThenSync(() => Promise.resolve(SAVED), { ...request, durable: false }), SAVED);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
