// The vendored files of a plugin: that they are those that were installed, and what they import of Millrace.

import type { VendoredPlugin } from "./types.ts";
import { SandboxViolation } from "./violation.ts";

/** Most bytes of a plugin's files together. */
const MOST_BYTES = 64 * 2 ** 20;

/** Specifiers of Millrace's core, as files may write them. */
const CORE = /["'`]((?:jsr:\/?)?@millrace\/core(?:@[\w.^~*<>=-]+)?(\/[\w-]+)?)["'`]/g;

/**
 * Compares the folder with what was installed; gives the specifiers of Millrace's core in its files.
 *
 * @throws {SandboxViolation} When a file is not what it was, is missing, or is one too many.
 */
export async function checkFiles(plugin: VendoredPlugin): Promise<Map<string, string>> {
  const { folder, files, name } = plugin;
  const refuse = (value: string, allowed: string): never => {
    throw new SandboxViolation({ plugin: name, limit: "files", value, allowed });
  };
  if (!folder.startsWith("/") || /[,\0\n]/.test(folder)) {
    throw new TypeError(
      `Cannot run plugin "${name}" from folder "${folder}": give an absolute path without commas`,
    );
  }
  const found = new Set<string>();
  for await (const path of filesIn(folder, "", refuse)) {
    if (!Object.hasOwn(files, path)) {
      refuse(`has a file "${path}" in ${folder}`, "it was not installed with it; install the plugin anew");
    }
    found.add(path);
  }
  const specifiers = new Map<string, string>();
  let total = 0;
  for (const [path, expected] of Object.entries(files)) {
    if (!found.has(path)) refuse(`lacks its file "${path}" in ${folder}`, "install the plugin anew");
    const bytes = await Deno.readFile(`${folder}/${path}`);
    if ((total += bytes.length) > MOST_BYTES) {
      refuse(`has files of more than ${MOST_BYTES} bytes`, "no plugin has");
    }
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    if (hash !== expected.toLowerCase()) {
      refuse(
        `has a changed file "${path}" in ${folder}`,
        `its SHA-256 is ${hash}, installed was ${expected}; install the plugin anew`,
      );
    }
    if (!/\.(m?[jt]sx?|json)$/.test(path)) continue;
    for (const [, specifier, sub = ""] of new TextDecoder().decode(bytes).matchAll(CORE)) {
      specifiers.set(specifier!, sub);
    }
  }
  for (const path of [plugin.entry, ...Object.values(plugin.imports)]) {
    if (!Object.hasOwn(files, path)) {
      refuse(`names its file "${path}"`, `there is none of that name among its files`);
    }
  }
  return specifiers;
}

async function* filesIn(
  root: string,
  below: string,
  refuse: (value: string, allowed: string) => never,
): AsyncIterable<string> {
  let entries;
  try {
    entries = await Array.fromAsync(Deno.readDir(`${root}/${below}`));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return refuse(`has no folder ${root}`, "install the plugin anew");
  }
  for (const entry of entries) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isSymlink) {
      refuse(
        `has a symbolic link "${path}" in ${root}`,
        "it was not installed with it; install the plugin anew",
      );
    }
    if (entry.isDirectory) yield* filesIn(root, path, refuse);
    else yield path;
  }
}
