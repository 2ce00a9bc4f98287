// The pages of all plugins and their pictures: `deno task pages` writes them to docs/plugins.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Context } from "@millrace/core";
import type { Plugin } from "@millrace/core/plugin";
import { simulateFiles } from "@millrace/plugins-signal/simulate/files";
import { type Example, RUN } from "./_examples/example.ts";
import { pageOf } from "./_page.ts";
import { type PageSet, SETS } from "./_sets.ts";
import { svgOf } from "./_svg.ts";

/** Where the pages lie. */
export const FOLDER: URL = new URL("../../docs/plugins/", import.meta.url);

const PACKAGE = new URL("../../packages/plugins-signal/", import.meta.url);

/** The subpath that exports a plugin's module. */
function entryOf(plugin: Plugin): string {
  const { exports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", PACKAGE))) as {
    exports: Record<string, string>;
  };
  const found = Object.entries(exports).find(([, path]) => new URL(path, PACKAGE).href === plugin.module);
  if (!found) {
    throw new Error(`No export of the package is the module of "${plugin.name}": add it to deno.json`);
  }
  return found[0];
}

async function drawn({ plugins }: PageSet, example: Example, folder: string): Promise<string> {
  await using ctx = new Context({ config: { "raw_files.input": folder } });
  ctx.register(plugins);
  ctx.setConfig(example.config as Record<string, never>);
  return svgOf(await example.draw((type) => ctx.getData("run_7", type)));
}

/** All files of the folder by name. */
export async function pages(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const folder = await Deno.makeTempDir({ prefix: "millrace_pages_" });
  try {
    (await simulateFiles(folder, RUN)).truth.release();
    for (const set of SETS) {
      for (const plugin of ownPlugins(set)) {
        const example = set.examples[plugin.name], name = `${set.folder}${plugin.name}`;
        if (!example) throw new Error(`"${plugin.name}" has no example: add one to tests/pages/_examples`);
        const source = await Deno.readTextFile(new URL(plugin.module!));
        files.set(`${name}.md`, pageOf(plugin, source, entryOf(plugin), RUN, set, example));
        files.set(`${name}.svg`, await drawn(set, example, folder));
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  files.set("README.md", index());
  return files;
}

/** The plugins of a set that no set before it has. */
function ownPlugins(set: PageSet): readonly Plugin[] {
  const before = SETS.slice(0, SETS.indexOf(set)).flatMap(({ plugins }) => plugins);
  return set.plugins.filter((plugin) => !before.includes(plugin));
}

function index(): string {
  const parts = SETS.map((set) => {
    const rows = ownPlugins(set).map(({ name, help }) => `- [${name}](${set.folder}${name}.md): ${help}`);
    const shared = set.plugins.filter((plugin) => !ownPlugins(set).includes(plugin));
    const more = shared.map(({ name }) => `- [${name}](${name}.md), which is that of the first set`);
    return `## ${set.title}\n\n${set.about}\n\n${[...more, ...rows].join("\n")}\n`;
  });
  return `# Plugins\n\nThese pages are made from the code by \`deno task pages\`.\n\n${parts.join("\n")}`;
}

/** Markdown as the formatter leaves it. */
export async function formatted(files: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_pages_" });
  try {
    for (const [name, text] of files) await write(`${folder}/${name}`, text);
    const markdown = [...files.keys()].filter((name) => name.endsWith(".md"));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "fmt",
        "--quiet",
        "--line-width=110",
        "--no-config",
        "--ext=md",
        ...markdown.map((name) => `${folder}/${name}`),
      ],
      env: { NO_COLOR: "1" },
    }).output();
    if (!success) throw new Error(`Cannot format the pages: ${new TextDecoder().decode(stderr)}`);
    const done = new Map<string, string>();
    for (const name of files.keys()) done.set(name, await Deno.readTextFile(`${folder}/${name}`));
    return done;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function write(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

/** Names of the files that are in the folder. */
export async function present(folder: string = fileURLToPath(FOLDER), under = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) names.push(...await present(`${folder}/${name}`, `${under}${name}/`));
    else names.push(`${under}${name}`);
  }
  return names.sort();
}

if (import.meta.main) {
  await Deno.mkdir(FOLDER, { recursive: true });
  const files = await formatted(await pages());
  for (const name of await present()) if (!files.has(name)) await Deno.remove(new URL(name, FOLDER));
  for (const [name, text] of files) await write(fileURLToPath(new URL(name, FOLDER)), text);
  console.log(`Wrote ${files.size} files to docs/plugins`);
}
