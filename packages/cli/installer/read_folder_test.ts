import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { Analyser } from "@millrace/registry-server/client";
import { candidateOf, readFolder } from "./read_folder.ts";

async function withFolder(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_folder_" });
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeTextFile(join(folder, path), text);
    }
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readFolder() reads what would be published, names of the import map written out", async () => {
  const config = {
    name: "@lab/mine",
    version: "1.0.0",
    exports: "./mod.ts",
    imports: { "@millrace/core": "jsr:@millrace/core@^0.1.0", "lib/": "./lib/" },
    exclude: ["private"],
    publish: { exclude: ["**/*_test.ts", "./notes.md"] },
  };
  await withFolder({
    "deno.json": `// a comment\n${JSON.stringify(config)}`,
    "mod.ts":
      'import { a } from "@millrace/core";\nimport "@millrace/core/define"; // "@millrace/core"\nexport { a };\n',
    "mod_test.ts": "",
    "notes.md": "",
    "private/key.txt": "",
    "lib/deep/b.ts": "",
    ".git/config": "",
    "node_modules/x/index.js": "",
  }, async (folder) => {
    using analyser = new Analyser();
    const read = await readFolder(folder, analyser);
    assert.deepEqual([...read.files.keys()].sort(), ["/deno.json", "/lib/deep/b.ts", "/mod.ts"]);
    assert.equal(
      new TextDecoder().decode(read.files.get("/mod.ts")),
      'import { a } from "jsr:@millrace/core@^0.1.0";\nimport "jsr:@millrace/core@^0.1.0/define"; // "@millrace/core"\nexport { a };\n',
    );
    const { scope, name, version } = candidateOf(read);
    assert.deepEqual({ scope, name, version }, { scope: "lab", name: "mine", version: "1.0.0" });
  });
});

Deno.test("readFolder() names a folder that is none, has no configuration, or a broken one", async () => {
  using analyser = new Analyser();
  await assert.rejects(
    readFolder("/nowhere/at/all", analyser),
    /Cannot read the folder "\/nowhere\/at\/all"/,
  );
  await withFolder({ "mod.ts": "" }, async (folder) => {
    await assert.rejects(readFolder(folder, analyser), /it has no deno\.json; millrace plugin init/);
  });
  await withFolder({ "deno.json": "{ name: }" }, async (folder) => {
    await assert.rejects(readFolder(folder, analyser), /Cannot read ".*deno\.json": .*; correct it/);
  });
});
