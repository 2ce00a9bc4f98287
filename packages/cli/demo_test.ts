import assert from "node:assert/strict";
import { demo } from "./demo.ts";
import { memoryIo } from "./io.ts";

async function inTempFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("demo() computes, stores and draws, and may be run again", () =>
  inTempFolder(async (folder) => {
    const place = `${folder}/demo`;
    const io = memoryIo();
    assert.equal(await demo(io, place), 0, io.stderr);
    assert.match(io.stdout, /demo\/DAQ\/run_7\/RAW\/DataR\.BIN: \d \d{3} records with/);
    for (const type of ["records", "hit_threshold", "basic_features"]) {
      assert.match(
        io.stdout,
        new RegExp(`^${type} +computed +[\\d ]+ .* (${place}/data/run_7/${type}-[0-9a-f]{16})$`, "m"),
      );
      const [, stored] = new RegExp(` (\\S+/data/run_7/${type}-\\S+)$`, "m").exec(io.stdout)!;
      assert.ok((await Deno.stat(`${stored}/metadata.json`)).isFile);
    }
    assert.equal(io.stdout.split("▲").length - 1, 2, "two hits are marked");
    assert.match(io.stdout, /with hit_threshold\.threshold=40, and store/);
    const drawn = /, record (\d+)$/m.exec(io.stdout)?.[1];
    assert.ok(io.stdout.includes(`records --picture ${drawn}\n`), "the picture that was drawn is suggested");
    assert.match(io.stdout, /Try next:\n {2}deno task millrace show /);
    assert.match(io.stderr, /^(run_7: \d+ % of .*\n)*$/, "progress, where it takes long, and nothing else");

    const again = memoryIo();
    assert.equal(await demo(again, place), 0, again.stderr);
    const picture = (text: string) => text.slice(text.indexOf("3. "));
    assert.equal(picture(again.stdout), picture(io.stdout), "the same seed gives the same picture");
  }));

Deno.test("demo() leaves a folder with other files alone", () =>
  inTempFolder(async (folder) => {
    // Also one that is called as a part of the demo is.
    for (const name of ["thesis.txt", "data", "README.txt"]) {
      const place = `${folder}/${name}-of-mine`;
      await Deno.mkdir(place);
      await Deno.writeTextFile(`${place}/${name}`, "mine");
      const io = memoryIo();
      assert.equal(await demo(io, place), 2);
      assert.ok(io.stderr.includes(`it holds "${name}", which no demo has made; move it away`), io.stderr);
      assert.equal(io.stdout, "");
      assert.deepEqual((await Array.fromAsync(Deno.readDir(place))).map((entry) => entry.name), [name]);
      assert.equal(await Deno.readTextFile(`${place}/${name}`), "mine");
    }
  }));

Deno.test("demo() leaves what was put into its own folder alone", () =>
  inTempFolder(async (folder) => {
    assert.equal(await demo(memoryIo(), folder), 0);
    await Deno.writeTextFile(`${folder}/notes.txt`, "mine");
    const before = (await Deno.stat(`${folder}/DAQ/run_7/RAW/DataR.BIN`)).mtime;
    const io = memoryIo();
    assert.equal(await demo(io, folder), 2);
    assert.match(io.stderr, /notes\.txt/);
    assert.deepEqual((await Deno.stat(`${folder}/DAQ/run_7/RAW/DataR.BIN`)).mtime, before);
  }));
