import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { ignoreMissing } from "./package_files.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const exists = async (path: string) => (await Deno.lstat(path).catch(ignoreMissing)) !== undefined;

Deno.test("the folder of a process that was killed goes with the next one; those of living ones, and others, stay", async () => {
  const prefix = `millrace_left_${crypto.randomUUID().slice(0, 8)}_`;
  const module = JSON.stringify(new URL("./temporary_folder.ts", import.meta.url).href);
  const code = `import { temporaryFolder } from ${module};
    console.log((await temporaryFolder(${JSON.stringify(prefix)})).path);
    setInterval(() => {}, 1000);`;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const args = ["eval", "--config", config, code];
  await using child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "null" }).spawn();
  const said = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const left = (await said.read()).value!.trim();
  await Deno.mkdir(join(left, "cache"));
  const outside = await Deno.makeTempDir({ prefix: "millrace_outside_" });
  await Deno.symlink(outside, join(left, "cache", "link"));
  const other = join(dirname(left), `${prefix}other`); // nobody's lock is in it
  await Deno.mkdir(other);
  try {
    await using mine = await temporaryFolder(prefix);
    assert.ok(basename(mine.path).startsWith(prefix));
    assert.ok(await exists(left), "its process lives");
    child.kill("SIGKILL");
    await child.status;
    await using next = await temporaryFolder(prefix);
    assert.deepEqual(await Promise.all([left, mine.path, next.path, other, outside].map(exists)), [
      false,
      true,
      true,
      true,
      true,
    ]);
  } finally {
    await said.cancel();
    await Deno.remove(other);
    await Deno.remove(outside);
  }
});

Deno.test("many temporary folders at once are all there, and all go", async () => {
  const prefix = `millrace_many_${crypto.randomUUID().slice(0, 8)}_`;
  const folders = await Promise.all(Array.from({ length: 20 }, () => temporaryFolder(prefix)));
  for (const { path } of folders) assert.ok(await exists(path));
  for (const folder of folders) await folder[Symbol.asyncDispose]();
  for (const { path } of folders) assert.ok(!await exists(path));
});
