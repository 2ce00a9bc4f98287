// Whatever README.md says is attempted, is.

import assert from "node:assert/strict";

Deno.test("every attack that README.md names is in a test", async () => {
  let tests = "";
  for (const folder of ["./", "../"]) {
    for await (const { name } of Deno.readDir(new URL(folder, import.meta.url))) {
      if (!/^(?!rows).*_test\.ts$/.test(name) || folder === "../" && !name.startsWith("plugin_")) continue;
      tests += await Deno.readTextFile(new URL(`${folder}${name}`, import.meta.url));
    }
  }
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const rows = readme.split("\n").filter((line) => line.startsWith("| ")).slice(2);
  assert.ok(rows.length > 30);
  for (const row of rows) {
    const names = [...row.split("|")[2]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    assert.ok(names.length > 0, row);
    for (const name of names) assert.ok(tests.includes(name), `there is no attack "${name}"`);
  }
});
