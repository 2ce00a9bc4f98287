/**
 * The plugins that a module says it has, where no manifest does: {@linkcode declaredIn}.
 * @module
 */
import type { ModuleFacts } from "@millrace/registry-server/client";

/**
 * Plugins are the exports that the module's own text makes with `definePlugin` and the like. They want nothing.
 *
 * @throws {Error} When there is none.
 */
export function declaredIn(
  who: string,
  facts: ModuleFacts | undefined,
  engine: string,
): { readonly engine: string; readonly plugins: Readonly<Record<string, unknown>> } {
  const plugins = Object.entries(facts?.exports ?? {}).flatMap(([name, exported]) => {
    const declared = "local" in exported ? facts!.plugins[exported.local] : undefined;
    if (!declared?.provides) return [];
    return [[name, { provides: declared.provides, dependsOn: declared.dependsOn ?? [] }]];
  });
  if (plugins.length > 0) return { engine, plugins: Object.fromEntries(plugins) };
  throw new Error(
    `Cannot install ${who}: it exports no plugin that is written as export const NAME = definePlugin({ provides: "..." })`,
  );
}
