/**
 * Plugins of the user's own, from modules that `--plugin` names.
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import type { Plugin } from "@millrace/core/plugin";

/**
 * The plugins that a module exports: objects and classes, each under a name of its own.
 *
 * A plugin that does not say where it is found gets the module's URL and the export's name, so that workers can load it.
 *
 * @param place Path of a file, or a URL (`file:`, `http:`, `https:`, `npm:`, `jsr:`, `data:`).
 * @throws {Error} When the module can't be loaded, with its own error as the cause, or exports no plugin.
 */
export async function loadUserPlugins(place: string): Promise<Plugin[]> {
  const url = urlOf(place);
  const exports = await load(place, url);
  const plugins = new Map<unknown, Plugin>();
  for (const [name, value] of Object.entries(exports)) {
    if (plugins.has(value)) continue; // under a second name
    const plugin = toPlugin(place, name, value);
    if (plugin) plugins.set(value, found(plugin, url, name));
  }
  if (plugins.size > 0) return [...plugins.values()];
  const names = Object.keys(exports);
  const there = names.length > 0 ? `only ${names.join(", ")}` : "nothing";
  throw new Error(
    `Cannot take plugins from "${place}": it exports none (${there}); ` +
      "write e.g. export const myHits = definePlugin({ ... })",
  );
}

/** A path is one unless it starts as a URL does; a single letter is a drive. */
function urlOf(place: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(place) ? place : pathToFileURL(resolve(place)).href;
}

async function load(place: string, url: string): Promise<Record<string, unknown>> {
  try {
    return await import(url) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(`Cannot load plugins from "${place}": ${reasonOf(cause, url)}${remedyOf(cause, url)}`, {
      cause,
    });
  }
}

/** What a module failed with, and where in it. */
function reasonOf(error: unknown, url: string): string {
  if (!(error instanceof Error)) return String(error);
  const message = stripVTControlCharacters(error.message === "" ? error.name : error.message);
  const frame = error.stack?.split("\n").find((line) => /^\s+at /.test(line) && line.includes(url));
  const at = frame && /:(\d+):(\d+)\)?$/.exec(frame);
  return at && !message.includes(url) ? `${message} (line ${at[1]}, column ${at[2]})` : message;
}

/** What helps where a module from a server can't be loaded; "" where the reason says it. */
function remedyOf(error: unknown, url: string): string {
  const isRemote = /^(?:https?|jsr|npm):/i.test(url);
  if (!(error instanceof Error) || !isRemote) return "";
  if (/Requires (?:import|net) access/.test(error.message)) {
    return ` behind "deno run", in front of packages/cli/main.ts ("deno task millrace" does not grant it)`;
  }
  if (!/SyntaxError/.test(String(error)) || !/\.m?tsx?$/.test(url.replace(/[?#].*$/, ""))) return "";
  return `\nWhere that is right TypeScript, let the server send it with the content type text/typescript`;
}

/** What a class or an object of one looks like. */
interface PluginMaker {
  readonly provides?: unknown;
  toPlugin(): Plugin;
}

function toPlugin(place: string, name: string, value: unknown): Plugin | undefined {
  try {
    if (typeof value === "function") {
      if (typeof value.prototype?.toPlugin !== "function") return undefined;
      const made = new (value as new () => PluginMaker)();
      return made.provides === undefined ? undefined : made.toPlugin(); // without: a class for others to extend
    }
    if (typeof value !== "object" || value === null) return undefined;
    const { toPlugin, provides, geometry } = value as Partial<Plugin & PluginMaker>;
    if (typeof toPlugin === "function") return (value as PluginMaker).toPlugin();
    return Array.isArray(provides) && typeof geometry === "function" ? value as Plugin : undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot take the plugin "${name}" from "${place}": ${why}`, { cause });
  }
}

/** The plugin with where it is found, unless it says so or is found nowhere (a merge). */
function found(plugin: Plugin, url: string, name: string): Plugin {
  if (plugin.kind === "merge" || (plugin.module ?? url) !== url) return plugin;
  if (plugin.module !== undefined && plugin.export !== undefined) return plugin;
  return { ...plugin, module: url, export: plugin.export ?? name };
}
