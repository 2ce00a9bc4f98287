/**
 * `millrace plugin verify`.
 * @module
 */
import { installedOf } from "../../installer/plugin_installer.ts";
import { runSample } from "../../installer/sample.ts";
import { vendoredPlugins } from "../../installer/load.ts";
import type { Io } from "../../io.ts";
import { printable } from "../../render/table.ts";
import { installerOf, type LockSettings, tell } from "./install.ts";

/** Check files, signatures and samples. @throws {Error} When something is not right: all that is wrong. */
export async function verifyAction(names: readonly string[], settings: LockSettings, io: Io): Promise<void> {
  const installer = installerOf(settings);
  const path = await installer.lockPath();
  const lock = await installer.read();
  const results: { name: string; export: string; files: number; sample: "right" | "none" | "wrong" }[] = [];
  const problems: string[] = [];
  for (const name of names.length > 0 ? names : Object.keys(lock.plugins)) {
    const plugin = installedOf(lock, name, path);
    try {
      for (const vendored of await vendoredPlugins(path, lock, name, plugin)) {
        const { golden } = plugin.plugins[vendored.export]!;
        const wrong = golden ? await runSample(vendored, golden) : undefined;
        if (wrong !== undefined) {
          problems.push(`${vendored.name} (${vendored.export}): its sample comes out wrong: ${wrong}`);
        }
        results.push({
          name,
          export: vendored.export,
          files: Object.keys(plugin.files).length,
          sample: golden === null ? "none" : wrong === undefined ? "right" : "wrong",
        });
      }
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  const text = results.map(({ name, export: exported, files, sample }) =>
    `${name} (${exported}): ${files} files as installed, ${
      sample === "none" ? "no sample" : `sample ${sample}`
    }\n`
  ).join("");
  if (settings.json) tell({ results, problems }, "", settings, io);
  else if (results.length > 0 || problems.length === 0) {
    tell(results, text || "No plugins are installed\n", settings, io);
  }
  if (problems.length > 0) throw new Error(problems.map(printable).join("\n"));
}
