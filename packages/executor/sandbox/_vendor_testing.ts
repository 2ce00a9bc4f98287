// Vendored plugins for tests, written as an installer would leave them.

import type { VendoredPlugin } from "./types.ts";

/** A plugin in a temporary folder, which goes with it. */
export interface TestPlugin extends VendoredPlugin, AsyncDisposable {}

/** Writes the files of a plugin and says what they are. */
export async function vendor(
  files: Readonly<Record<string, string>>,
  more: Partial<VendoredPlugin> = {},
): Promise<TestPlugin> {
  const folder = await Deno.makeTempDir({ prefix: "millrace-vendor-" });
  const hashes: Record<string, string> = {};
  for (const [path, text] of Object.entries(files)) {
    const bytes = new TextEncoder().encode(text);
    const slash = path.lastIndexOf("/");
    if (slash > 0) await Deno.mkdir(`${folder}/${path.slice(0, slash)}`, { recursive: true });
    await Deno.writeFile(`${folder}/${path}`, bytes);
    hashes[path] = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  }
  return {
    name: "@lab/doubled@1.0.0",
    folder,
    files: hashes,
    entry: "mod.ts",
    export: "plugin",
    imports: {},
    manifestHash: "0".repeat(64),
    declared: {},
    granted: {},
    ...more,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** A module with a plugin that gives `value: 2 * i` a row; `before` runs when it is loaded, `inside` with each stretch. */
export function moduleOf({ before = "", inside = "" }: { before?: string; inside?: string } = {}): string {
  return `import { definePlugin } from "jsr:@millrace/core@^0.1.0/define";
import type { Plugin } from "@millrace/core/plugin";
${before}
export const plugin: Plugin = definePlugin({
  module: import.meta.url,
  export: "plugin",
  provides: "doubled",
  dependsOn: ["rows"],
  needs: { rows: { time: "time" } },
  version: "1.0.0",
  schema: { time: "time", value: "f64" },
  async computeChunk(chunk, context) {
    const time = chunk.table.get("time", "time");
    ${inside}
    const out = context.emit(chunk.length);
    for (let i = 0; i < time.length; i++) {
      out.columns.time[i] = time[i]!;
      out.columns.value[i] = 2 * Number(chunk.t0 + BigInt(time[i]!));
    }
    return out;
  },
});
`;
}
