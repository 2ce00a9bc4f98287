// Puts the peers into a folder of their own in the system's temporary folder, once for each runtime, and our side of the
// benchmark beside them as JavaScript. A second run finds the packages there.

import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { tmpdir } from "node:os";

export type Runtime = "Deno" | "Node";

/** Exact versions, so that figures can be compared. */
export const PACKAGES: Readonly<Record<Runtime, Readonly<Record<string, string>>>> = {
  Deno: {
    "poolifier-web-worker": "0.5.15",
    piscina: "5.3.2",
    tinypool: "2.2.0",
    workerpool: "10.0.3",
    poolifier: "5.3.2",
  },
  Node: { piscina: "5.3.2", tinypool: "2.2.0", workerpool: "10.0.3", poolifier: "5.3.2" },
};

const SOURCES = ["tasks.ts", "scenarios.ts", "driver.ts", "peers.ts"];

/** Workers of those peers that want to be called by theirs. */
const WORKERS: Readonly<Record<string, string>> = {
  "poolifier_web_worker.mjs": threadWorker("poolifier-web-worker"),
  "poolifier_worker.mjs": threadWorker("poolifier"),
  "workerpool_worker.mjs":
    'import workerpool from "workerpool";\nimport { dispatch } from "./tasks.mjs";\nworkerpool.worker({ dispatch });\n',
};

function threadWorker(name: string): string {
  return `import { ThreadWorker } from "${name}";\nimport { dispatch } from "./tasks.mjs";\n` +
    "export default new ThreadWorker(dispatch);\n";
}

/** Prepares the folder of a runtime and gives its path. @throws {Error} When packages can't be had. */
export async function install(runtime: Runtime): Promise<string> {
  const folder = join(tmpdir(), "millrace_bench_pools", runtime.toLowerCase());
  await Deno.mkdir(folder, { recursive: true });
  for (const name of SOURCES) {
    const source = await Deno.readTextFile(new URL(`./${name}`, import.meta.url));
    const script = stripTypeScriptTypes(source).replaceAll(/(from "\.\/\w+)\.ts"/g, '$1.mjs"');
    await Deno.writeTextFile(join(folder, name.replace(/\.ts$/, ".mjs")), script);
  }
  for (const [name, script] of Object.entries(WORKERS)) {
    await Deno.writeTextFile(join(folder, name), script);
  }
  await (runtime === "Deno" ? installForDeno(folder) : installForNode(folder));
  return folder;
}

async function installForDeno(folder: string): Promise<void> {
  const packages = Object.entries(PACKAGES.Deno);
  const imports = Object.fromEntries(packages.map(([name, version]) => [name, `npm:${name}@${version}`]));
  await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify({ nodeModulesDir: "none", imports }));
  await run(folder, Deno.execPath(), ["install", "--quiet"]);
}

async function installForNode(folder: string): Promise<void> {
  const wanted = JSON.stringify({ private: true, type: "module", dependencies: PACKAGES.Node });
  const manifest = join(folder, "package.json"), done = join(folder, "installed.json");
  if (await textOf(done) === wanted) return;
  await Deno.writeTextFile(manifest, wanted);
  await run(folder, "npm", ["install", "--no-audit", "--no-fund"]);
  await Deno.writeTextFile(done, wanted);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function run(cwd: string, program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd, stdout: "null", stderr: "piped" })
    .output();
  if (success) return;
  throw new Error(`${program} ${args.join(" ")} failed: ${new TextDecoder().decode(stderr).slice(-300)}`);
}
