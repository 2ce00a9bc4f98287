import assert from "node:assert/strict";
import { expandInputs, isCompass } from "./detect.ts";
import { sharedFile, sharedTest, TestFolder } from "./_testing.ts";

Deno.test("isCompass() knows every header, and nothing else", () => {
  for (let n = 0; n < 16; n++) assert(isCompass(new Uint8Array([0xe0 | n, 0xca, 1])));
  for (const other of [[], [0xe8], [0xca, 0xe8], [0xd8, 0xca], [0xf8, 0xca], [0xe8, 0xcb]]) {
    assert(!isCompass(new Uint8Array(other)), String(other));
  }
});

sharedTest("isCompass() knows the real file", async () => {
  assert(isCompass(await Deno.readFile(sharedFile("compass_test_data.BIN"))));
});

function tree(): TestFolder {
  const folder = new TestFolder();
  for (
    const name of [
      "direct/b.BIN",
      "direct/a.bin",
      "direct/notes.txt",
      "direct/RAW/c.BIN",
      "run/RAW/x_1.BIN",
      "run/RAW/x_2.BIN",
      "run/FILTERED/x_1.BIN",
      "run/settings.xml",
      "old/UNFILTERED/u.BIN",
      "old/FILTERED/f.BIN",
      "run/.hidden/h.BIN",
      "odd/a+b[1].BIN",
      "odd/aab1.BIN",
    ]
  ) folder.file(name, "");
  return folder;
}

const cases: [name: string, inputs: string[], expected: string[]][] = [
  ["a file", ["run/RAW/x_2.BIN"], ["run/RAW/x_2.BIN"]],
  ["a file of any name", ["direct/notes.txt"], ["direct/notes.txt"]],
  ["a folder with files, in either case", ["direct"], ["direct/a.bin", "direct/b.BIN"]],
  ["the folder of a run, RAW before FILTERED", ["run"], ["run/RAW/x_1.BIN", "run/RAW/x_2.BIN"]],
  ["the folder of a run without RAW", ["old"], ["old/UNFILTERED/u.BIN"]],
  ["a star", ["run/RAW/*.BIN"], ["run/RAW/x_1.BIN", "run/RAW/x_2.BIN"]],
  ["a star in a folder's name", ["*/RAW/*_1.BIN"], ["run/RAW/x_1.BIN"]],
  ["a question mark", ["run/RAW/x_?.BIN"], ["run/RAW/x_1.BIN", "run/RAW/x_2.BIN"]],
  ["any folders, hidden ones apart", ["run/**/*.BIN"], [
    "run/FILTERED/x_1.BIN",
    "run/RAW/x_1.BIN",
    "run/RAW/x_2.BIN",
  ]],
  ["any folders, none included", ["run/RAW/**/x_1.BIN"], ["run/RAW/x_1.BIN"]],
  ["all below a folder", ["old/**"], ["old/FILTERED/f.BIN", "old/UNFILTERED/u.BIN"]],
  ["a hidden folder that is named", ["run/.h*/*"], ["run/.hidden/h.BIN"]],
  ["signs that mean something else elsewhere", ["odd/a+b[1].*"], ["odd/a+b[1].BIN"]],
  ["several inputs, each file once", ["run/RAW/x_2.BIN", "run", "./run/RAW/*_2*"], [
    "run/RAW/x_1.BIN",
    "./run/RAW/x_2.BIN",
  ]],
];
for (const [name, inputs, expected] of cases) {
  Deno.test(`expandInputs() takes ${name}`, async () => {
    using folder = tree();
    const clean = (path: string): string => path.replace(`${folder.path}/`, "").replace(/^\.\//, "");
    const found = await expandInputs(inputs.map((input) => `${folder.path}/${input}`));
    assert.deepEqual(found.map(clean), expected.map(clean));
    assert.deepEqual(await expandInputs(inputs.map((input) => `${folder.path}/${input}`).reverse()), found);
  });
}

Deno.test("expandInputs() takes a file once that has two names", async () => {
  using folder = tree();
  await Deno.symlink(`${folder.path}/run/RAW/x_1.BIN`, `${folder.path}/run/RAW/a_link.BIN`);
  const found = await expandInputs(`${folder.path}/run`);
  assert.deepEqual(found.map((path) => path.slice(folder.path.length)), [
    "/run/RAW/a_link.BIN",
    "/run/RAW/x_2.BIN",
  ]);
});

Deno.test("expandInputs() names what it did not find, and where", async () => {
  using folder = tree();
  const at = folder.path;
  await assert.rejects(expandInputs([]), /TypeError: Cannot read a run without inputs/);
  const missing = (input: string, message: RegExp): Promise<void> =>
    assert.rejects(expandInputs(`${at}/${input}`), { name: "NotFound", message });
  await missing("none.BIN", new RegExp(`the input "${at}/none.BIN": there is no such file or folder`));
  await missing("run/RAW/*.CSV", new RegExp(`that match "${at}/run/RAW/\\*.CSV" in "${at}/run/RAW"`));
  await missing("nowhere/*.BIN", new RegExp(`that match "${at}/nowhere/\\*.BIN" in "${at}/nowhere"`));
  folder.file("bare/notes.txt", "");
  await missing("bare", new RegExp(`in the folder "${at}/bare": neither it nor RAW, UNFILTERED or FILTERED`));
});
