// Lints the documentation of everything that the packages export: each export subpath of each package is an entry.

const root = new URL("../", import.meta.url);

function read(path: string): unknown {
  return JSON.parse(Deno.readTextFileSync(new URL(path, root)));
}

const { workspace } = read("deno.json") as { workspace: readonly string[] };
const entries = workspace.flatMap((folder) => {
  const { exports } = read(`${folder}/deno.json`) as { exports: Readonly<Record<string, string>> };
  return Object.values(exports).map((path) => new URL(`${folder}/${path}`, root).href);
});

// Types of packages that are not ours: they are documented elsewhere and cannot be exported from here.
const FOREIGN = [
  "'registryProgram' references private type 'Command'",
  "'randomRows' references private type 'fc'",
  "'randomRows' references private type 'Arbitrary'",
];

const { code, stderr } = new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", "--quiet", ...new Set(entries)],
  env: { NO_COLOR: "1" },
}).outputSync();
const problems = new TextDecoder().decode(stderr).split(/^(?=error\[)/m)
  .filter((problem) => problem.startsWith("error[") && !FOREIGN.some((text) => problem.includes(text)));
if (problems.length > 0) {
  console.error(problems.join("").replace(/^error: Found[^]*/m, ""));
  Deno.exit(1);
}
if (code !== 0 && !FOREIGN.some((text) => new TextDecoder().decode(stderr).includes(text))) {
  console.error(new TextDecoder().decode(stderr)); // it failed in some other way
  Deno.exit(1);
}
console.log(`Documentation of ${new Set(entries).size} entry points is complete`);
