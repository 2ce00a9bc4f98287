// A run that was interrupted goes on at a place in its files, without reading what lies before.
import assert from "node:assert/strict";
import { bytesRead, readRun } from "./_testing.ts";
import { files, ROWS, SAY_DT } from "./_files_testing.ts";
import { TestFolder } from "./compass/_testing.ts";

/** Formats that are read from their start: text, and archives whose arrays may be packed. */
const FROM_START: ReadonlySet<string> = new Set(["CAEN CSV", "NumPy .npz"]);

for (const [name, write] of Object.entries(files)) {
  if (FROM_START.has(name)) continue;
  Deno.test(`${name} files are read on from any place with the same rows, and what lies before is left out`, async () => {
    using folder = new TestFolder();
    await write(folder);
    const options = { maxRows: 190, readBytes: 2 ** 16, ...(SAY_DT.has(name) ? {} : { dt: 2000 }) };
    let whole: Awaited<ReturnType<typeof readRun>> | undefined;
    const all = await bytesRead(async () => void (whole = await readRun(folder.path, options)));
    const { rows, places, end } = whole!;
    if (name !== "WAV") assert.equal(rows.length, ROWS); // those of a WAV file have 4096 samples
    assert.ok(places.length > 1, "no places");
    for (const part of [0, 0.3, 0.9, 1]) {
      const { at, cursor, rows: before } = places[Math.floor(part * (places.length - 1))]!;
      let rest: Awaited<ReturnType<typeof readRun>> | undefined;
      const read = await bytesRead(async () =>
        void (rest = await readRun(folder.path, { ...options, resume: { at, cursor } }))
      );
      assert.deepEqual(rest!.rows, rows.slice(before), cursor);
      assert.equal(rest!.end ?? at, end);
      if (part < 0.9 || name === "HDF5") continue; // its library reads by itself
      // What tells how a file is to be read is read again.
      assert.ok(read < 0.3 * all, `${read} of ${all} bytes`);
    }
  });
}
