/**
 * `millrace plugins`.
 * @module
 */
import { describeOptions, didYouMean } from "@millrace/core/config";
import { describeColumns } from "@millrace/core/describe-columns";
import type { Plugin } from "@millrace/core/plugin";
import { inOtherSet, loadPlugins, PLUGIN_SETS } from "../catalog.ts";
import { UsageError } from "../errors.ts";
import {
  installedList,
  type InstalledPlugin,
  type InstalledSettings,
  neededPlugins,
} from "../installed_plugins.ts";
import type { Io } from "../io.ts";
import { textTable } from "../render/table.ts";

/**
 * Print all plugins, or one.
 *
 * @throws {UsageError} On a name that no plugin and no data type has, or no plugin set.
 * @throws {Error} On a module of the user's that cannot be used.
 */
export async function pluginsAction(
  name: string | undefined,
  settings: InstalledSettings & {
    readonly plugin?: readonly string[] | undefined;
    readonly plugins?: string | undefined;
    readonly all?: true | undefined;
    readonly json?: true | undefined;
  },
  io: Io,
): Promise<void> {
  const installed = await installedList(settings);
  const plugins = await loadPlugins(settings.plugin, settings.plugins);
  if (name === undefined) {
    const others = installed.map(({ package: _, manifest: __, ...plugin }) => ({
      name: plugin.provides[0],
      ...plugin,
    }));
    const text = () =>
      settings.all
        ? plugins.map(pluginText).join("\n")
        : listText(plugins, installed) + otherSets(settings.plugins);
    io.out(settings.json ? json([...plugins.map(pluginJson), ...others]) : text());
    return;
  }
  if (settings.all) throw new UsageError(`Cannot show all plugins and "${name}": give --all or a name`);
  const isWanted = (other: { readonly provides: readonly string[] }) => other.provides.includes(name);
  const plugin = plugins.find((other) => other.name === name || isWanted(other)) ??
    (installed.some(isWanted)
      ? (await neededPlugins([name], new Map(), settings)).find(isWanted)
      : undefined);
  if (!plugin) {
    const other = await inOtherSet(name, settings.plugins);
    const names = [...plugins, ...installed].flatMap(({ provides }) => provides).sort();
    const known = plugins.filter(({ knownAs }) => knownAs?.includes(name)).flatMap(({ provides }) =>
      provides
    );
    const rest = other ? `; ${other}` : didYouMean(name, names, `there are ${names.join(", ")}`, known);
    throw new UsageError(`Cannot show the plugin "${name}": there is none of that name${rest}`);
  }
  io.out(settings.json ? json(pluginJson(plugin)) : pluginText(plugin));
}

/** The sets that are not listed, and how to see them. */
function otherSets(set = PLUGIN_SETS[0]!): string {
  const others = PLUGIN_SETS.filter((name) => name !== set);
  return others.map((name) => `\nThere is also the plugin set ${name}: millrace plugins --plugins ${name}\n`)
    .join("");
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function listText(plugins: readonly Plugin[], installed: readonly InstalledPlugin[]): string {
  const all = [
    ...plugins.map((plugin) => ({ ...plugin, inputs: inputsOf(plugin), origin: "" })),
    ...installed,
  ];
  const titles = ["plugin", "depends on", ...installed.length > 0 ? ["installed"] : [], "what it makes"];
  return textTable(
    titles.map((title) => ({ title })),
    all.map((plugin) => [
      plugin.provides.join(", "),
      ("inputs" in plugin ? plugin.inputs : plugin.dependsOn.join(", ")) || "-",
      ...installed.length > 0 ? [plugin.origin || "-"] : [],
      plugin.help,
    ]),
  );
}

function pluginText(plugin: Plugin): string {
  const { name, version, kind, help, provides, dependsOn, options } = plugin;
  const from = dependsOn.length > 0 ? `, from ${inputsOf(plugin)}` : "";
  let text = `${name} ${version} (${kind}${from})\n${help === "" ? "" : `${help}\n`}`;
  for (const type of provides) {
    const rows = describeColumns(plugin, type).map((
      row,
    ) => [row.name, row.type, row.unit || "-", row.help || "-"]);
    text += `\nColumns of ${type}:\n`;
    text += rows.length > 0 ? indented(textTable(COLUMN_TITLES, rows)) : "  those of its inputs\n";
  }
  const described = describeOptions(options);
  if (described.length === 0) return `${text}\nNo options\n`;
  const titles = ["option", "type", "default", "unit", "allowed", "what it does"].map((title) => ({ title }));
  const rows = described.map((row) => [
    row.name,
    row.perChannel ? `${row.type} (per channel)` : row.type,
    row.defaultText,
    row.unit || "-",
    row.allowed || "-",
    row.help,
  ]);
  return `${text}\nOptions (--set ${name}.option=value):\n${indented(textTable(titles, rows))}`;
}

const COLUMN_TITLES = ["column", "type", "unit", "what it is"].map((title) => ({ title }));

/** What it reads; of a plugin whose options choose its input, each of what they may choose. */
function inputsOf({ dependsOn, reads }: Plugin): string {
  return dependsOn.join(", ") + (reads ? " (as its options choose)" : "");
}

const indented = (text: string) => text.replace(/^(?=.)/gm, "  ");

function pluginJson(plugin: Plugin): Record<string, unknown> {
  const { name, version, kind, help, provides, dependsOn, dataKinds, saveWhen, schemas, options } = plugin;
  const { module = null, export: exported = null } = plugin;
  const columns = provides.map((type) => [type, schemas[type]?.types ?? null]);
  const described = provides.map((type) => [type, describeColumns(plugin, type)]);
  return {
    name,
    version,
    kind,
    help,
    module,
    export: exported,
    provides,
    dependsOn,
    dataKinds,
    saveWhen,
    columns: Object.fromEntries(columns),
    columnHelp: Object.fromEntries(described),
    options: describeOptions(options),
  };
}
