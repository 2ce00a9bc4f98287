/**
 * `millrace plugins`.
 * @module
 */
import { describeOptions } from "@millrace/core/config";
import type { Plugin } from "@millrace/core/plugin";
import { loadPlugins } from "../catalog.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { textTable } from "../render/table.ts";

/**
 * Print all plugins, or one.
 *
 * @throws {UsageError} On a name that no plugin and no data type has.
 * @throws {Error} On a module of the user's that cannot be used.
 */
export async function pluginsAction(
  name: string | undefined,
  settings: { readonly plugin?: readonly string[] | undefined; readonly json?: true | undefined },
  io: Io,
): Promise<void> {
  const plugins = await loadPlugins(settings.plugin);
  if (name === undefined) {
    io.out(settings.json ? json(plugins.map(pluginJson)) : listText(plugins));
    return;
  }
  const plugin = plugins.find((other) => other.name === name || other.provides.includes(name));
  if (!plugin) {
    const names = plugins.flatMap(({ provides }) => provides).sort().join(", ");
    throw new UsageError(`Cannot show the plugin "${name}": there is none of that name; there are ${names}`);
  }
  io.out(settings.json ? json(pluginJson(plugin)) : pluginText(plugin));
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function listText(plugins: readonly Plugin[]): string {
  const titles = ["plugin", "depends on", "what it makes"].map((title) => ({ title }));
  return textTable(
    titles,
    plugins.map(({ provides, dependsOn, help }) => [provides.join(", "), dependsOn.join(", ") || "-", help]),
  );
}

function pluginText(plugin: Plugin): string {
  const { name, version, kind, help, provides, dependsOn, options } = plugin;
  const from = dependsOn.length > 0 ? `, from ${dependsOn.join(", ")}` : "";
  let text = `${name} ${version} (${kind}${from})\n${help === "" ? "" : `${help}\n`}`;
  for (const type of provides) {
    const columns = plugin.schemas[type]?.columns ?? [];
    const rows = columns.map((column) => [column.name, column.type]);
    text += `\nColumns of ${type}:\n`;
    text += rows.length > 0
      ? indented(textTable([{ title: "name" }, { title: "type" }], rows))
      : "  those of its inputs\n";
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

const indented = (text: string) => text.replace(/^(?=.)/gm, "  ");

function pluginJson(plugin: Plugin): Record<string, unknown> {
  const { name, version, kind, help, provides, dependsOn, dataKinds, saveWhen, schemas, options } = plugin;
  const { module = null, export: exported = null } = plugin;
  const columns = provides.map((type) => [type, schemas[type]?.types ?? null]);
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
    options: describeOptions(options),
  };
}
