// The pages of all plugins and their pictures: `deno task pages` writes them to docs/plugins.

import { Context } from "@millrace/core";
import type { Plugin } from "@millrace/core/plugin";
import { signalPlugins } from "@millrace/plugins-signal";
import { simulateFiles } from "@millrace/plugins-signal/simulate/files";
import { type Example, EXAMPLES, RUN } from "./_examples.ts";
import { pageOf } from "./_page.ts";
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

async function drawn(example: Example, folder: string): Promise<string> {
  await using ctx = new Context({ config: { "raw_files.input": folder } });
  ctx.register(signalPlugins);
  ctx.setConfig(example.config as Record<string, never>);
  return svgOf(await example.draw((type) => ctx.getData("run_7", type)));
}

/** All files of the folder by name. */
export async function pages(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const folder = await Deno.makeTempDir({ prefix: "millrace_pages_" });
  try {
    (await simulateFiles(folder, RUN)).truth.release();
    for (const plugin of signalPlugins) {
      const example = EXAMPLES[plugin.name];
      if (!example) throw new Error(`"${plugin.name}" has no example: add one to tests/pages/_examples.ts`);
      const source = await Deno.readTextFile(new URL(plugin.module!));
      files.set(`${plugin.name}.md`, pageOf(plugin, source, entryOf(plugin), RUN, example));
      files.set(`${plugin.name}.svg`, await drawn(example, folder));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  files.set("README.md", index());
  return files;
}

function index(): string {
  const rows = signalPlugins.map(({ name, help }) => `- [${name}](${name}.md): ${help}`);
  return `# Plugins\n\nThese pages are made from the code by \`deno task pages\`.\n\n${rows.join("\n")}\n`;
}

/** Markdown as the formatter leaves it. */
export async function formatted(files: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_pages_" });
  try {
    for (const [name, text] of files) await Deno.writeTextFile(`${folder}/${name}`, text);
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

if (import.meta.main) {
  await Deno.mkdir(FOLDER, { recursive: true });
  const files = await formatted(await pages());
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!files.has(name)) await Deno.remove(new URL(name, FOLDER));
  }
  for (const [name, text] of files) await Deno.writeTextFile(new URL(name, FOLDER), text);
  console.log(`Wrote ${files.size} files to docs/plugins`);
}
