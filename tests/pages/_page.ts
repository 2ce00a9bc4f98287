// The page of a plugin: what its module says, its example, its options and columns.

import { describeOptions } from "@millrace/core/config";
import { describeColumns } from "@millrace/core/describe-columns";
import type { Plugin } from "@millrace/core/plugin";
import type { SimulateFilesOptions } from "@millrace/plugins-signal/simulate/files";
import type { Example } from "./_examples/example.ts";
import type { PageSet } from "./_sets.ts";

const cell = (text: string) => text.replaceAll("|", "\\|") || " ";

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [titles, ...rows].map((row) => row.map(cell));
  const widths = titles.map((_, k) => Math.max(3, ...all.map((row) => [...row[k]!].length)));
  const text = (row: readonly string[]) =>
    `| ${row.map((value, k) => value + " ".repeat(widths[k]! - [...value].length)).join(" | ")} |`;
  return [text(all[0]!), `| ${widths.map((n) => "-".repeat(n)).join(" | ")} |`, ...all.slice(1).map(text)]
    .join("\n");
}

/** The documentation of a module up to its example. */
export function moduleDoc(source: string): string {
  const comment = /^\/\*\*\n([^]*?)\n \*\//.exec(source)?.[1] ?? "";
  const lines = comment.split("\n").map((line) => line.replace(/^ \* ?/, ""));
  const end = lines.findIndex((line) => /^@(example|module)/.test(line));
  return lines.slice(0, end < 0 ? undefined : end).join("\n").trim();
}

const literal = (value: unknown): string =>
  JSON.stringify(value, null, 1).replace(/\n */g, " ").replace(/"([A-Za-z_]\w*)":/g, "$1:");

/** What makes the example, as a program. */
function program(plugin: Plugin, run: SimulateFilesOptions, set: PageSet, example: Example): string {
  return `import { Context } from "@millrace/core";
import { ${set.name} } from "${set.module}";
import { simulateFiles } from "@millrace/plugins-signal/simulate/files";

await simulateFiles("./run_7", ${literal(run)});
await using ctx = new Context({ config: { "raw_files.input": "./run_7" } });
ctx.register(${set.name});
ctx.setConfig(${literal(example.config)});
console.log(await ctx.getData("run_7", "${plugin.name}"));`;
}

/** The page as Markdown. */
export function pageOf(
  plugin: Plugin,
  source: string,
  entry: string,
  run: SimulateFilesOptions,
  set: PageSet,
  example: Example,
): string {
  const { name, version, kind, provides, dependsOn, reads } = plugin;
  const link = (type: string) => `\`${type}\``;
  const from = dependsOn.length === 0
    ? "from files"
    : `from ${dependsOn.map(link).join(", ")}${reads ? " (as its options choose)" : ""}`;
  const options = describeOptions(plugin.options).map((row) => [
    `\`${row.name}\``,
    row.perChannel ? `${row.type}, per channel` : row.type,
    row.defaultText,
    row.unit,
    row.allowed,
    row.help,
  ]);
  const columns = provides.flatMap((type) => [
    "",
    `### \`${type}\``,
    "",
    table(
      ["column", "type", "unit", "what it is"],
      describeColumns(plugin, type).map((row) => [`\`${row.name}\``, `\`${row.type}\``, row.unit, row.help]),
    ),
  ]);
  return [
    `# ${name}`,
    "",
    moduleDoc(source),
    "",
    `Version ${version}, ${kind}, ${from}. Export \`${plugin.export}\` of \`@millrace/plugins-signal${
      entry.slice(1)
    }\`.`,
    "",
    "## Example",
    "",
    `![${example.caption}](${name}.svg)`,
    "",
    example.caption,
    "",
    "```ts ignore",
    program(plugin, run, set, example),
    "```",
    "",
    "## Options",
    "",
    options.length > 0
      ? table(["option", "type", "default", "unit", "allowed", "what it does"], options)
      : "None.",
    "",
    "## Columns",
    ...columns,
    "",
  ].join("\n");
}
