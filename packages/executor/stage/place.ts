/**
 * Where a plugin is computed: in place, in a thread or in a process.
 * @module
 */
import type { RunSettings } from "@millrace/core/executor";
import type { ExecutorType, Plugin } from "@millrace/core/plugin";

/**
 * Where a plugin is computed: what the run says counts more than what the plugin says, and that more than `fallback`.
 *
 * A plugin in a sandbox has a process of its own already: only its stand-in is called here. Merges copy nothing and are done in place. So are sources without a module (they hold rows in memory), and sources of runs
 * in processes, whose rows would have to be copied.
 *
 * @throws {TypeError} When a worker cannot find the plugin: it names no module and export.
 */
export function placeOf(
  plugin: Plugin,
  { executorType }: RunSettings,
  fallback: ExecutorType = "thread",
): ExecutorType {
  const wanted = executorType ?? plugin.running.executorType ?? fallback;
  if (wanted === "inline" || plugin.kind === "merge" || plugin.sandboxed) return "inline";
  const found = plugin.module !== undefined && plugin.export !== undefined;
  if (plugin.kind === "source") return wanted === "thread" && found ? "thread" : "inline";
  if (found) return wanted;
  const missing = plugin.module === undefined ? "module: import.meta.url" : `export: "${plugin.name}"`;
  throw new TypeError(
    `Cannot compute "${plugin.name}" in a ${wanted}: a worker cannot find it; export it from its module and give it ` +
      `${missing}${
        plugin.module === undefined ? " and the name of the export" : ""
      }, or compute it in place with executorType: "inline"`,
  );
}
