// How a plugin of the suite gets into a vendored folder: written there as an installer would leave it, or by the whole way,
// published with stock Deno to a registry and added from there.

import { createScope, createToken } from "@millrace/registry-server";
import type { Grants, VendoredPlugin } from "@millrace/executor/sandbox";
import { vendoredPlugins } from "../../packages/cli/installer/load.ts";
import { readLock } from "../../packages/cli/installer/lock_file.ts";
import { type TestPlugin, vendor } from "../../packages/executor/sandbox/_vendor_testing.ts";
import { archiveOf } from "../../packages/registry-server/rules/_fixture_testing.ts";
import { temporaryProject } from "../_plugins.ts";
import { type Fixture, startRegistry } from "../_registry.ts";

/** A plugin that is installed. */
export type Installed = TestPlugin;

/** The registry or the installer would not have it. */
export class Refused extends Error {}

/** Writes a plugin that consists of these files to a folder of its own. */
export function install(
  name: string,
  files: Readonly<Record<string, string>>,
  more: Partial<VendoredPlugin> = {},
): Promise<Installed> {
  return vendor(files, { name, ...more });
}

const ENGINE_PARTS = ["define", "plugin", "table"];

/** A registry with the scope `evil`, to which attackers publish. */
export interface Shop extends AsyncDisposable {
  /**
   * A plugin by the whole way: `deno publish`, `millrace plugin add` in a new project, and what a run is told of it.
   *
   * @throws {Refused} When it does not get that far.
   */
  readonly add: typeof install;
}

/** Opens a registry. */
export async function openShop(): Promise<Shop> {
  await using stack = new AsyncDisposableStack();
  const lab = stack.use(await startRegistry());
  createScope(lab.registry, "evil", lab.ada);
  createScope(lab.registry, "millrace", lab.root);
  await uploadEngine(lab.server.origin, createToken(lab.registry, lab.root).token);
  const rest = stack.move();
  let count = 0;
  return {
    add: (name, files, more = {}) => publishAndAdd(lab, `${name}-${++count}`, files, more),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

async function publishAndAdd(
  lab: Fixture,
  full: string,
  files: Readonly<Record<string, string>>,
  more: Partial<VendoredPlugin>,
): Promise<Installed> {
  await using stack = new AsyncDisposableStack();
  const project = stack.use(await temporaryProject());
  const permissions = Object.entries(more.declared ?? {} as Grants).flatMap(([kind, values]) =>
    (values as readonly string[]).map((value) => ({
      name: kind,
      value,
      reason: "It says that it needs this",
    }))
  );
  const declared = {
    provides: ["doubled"],
    dependsOn: ["rows"],
    schema: { doubled: { time: "time", value: "f64" } },
    permissions,
  };
  const config = {
    name: full,
    version: VERSION,
    license: "MIT",
    exports: "./mod.ts",
    imports: { "@millrace/core": "jsr:@millrace/core@^0.1.0" },
    millrace: { engine: "^0.1.0", plugins: { plugin: declared } },
  };
  const cwd = await lab.write(`packages/${full}`, { "deno.json": JSON.stringify(config), ...files });
  const flags = ["--quiet", "--allow-dirty", "--no-check", "--allow-slow-types"];
  const published = await lab.deno(cwd, ["publish", ...flags, "--token", lab.token]);
  if (published.code !== 0) throw new Refused(`The registry refused it: ${published.err}`);
  const allow = permissions.map(({ name, value }) => `${name}=${value}`).join(",") || "none";
  const added = await project.run([
    "add",
    `${full}@${VERSION}`,
    ...["--registry", lab.server.origin, "--allow-unverified", "--allow-permissions", allow],
  ]);
  if (added.code !== 0) throw new Refused(`It was not added: ${added.err}`);
  const lock = await readLock(project.lock);
  const [vendored] = await vendoredPlugins(project.lock, lock, full, lock.plugins[full]!);
  const rest = stack.move();
  return { ...vendored!, ...more, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

const VERSION = "6.6.6";

/** A stand-in for the engine's package, which publishers' Deno looks up and installers do not fetch. */
async function uploadEngine(origin: string, token: string): Promise<void> {
  const text = (part: string) =>
    `/** Never fetched: ${part}. */\nexport const definePlugin: any = 0, Table: any = 0;\nexport type Plugin = unknown;\n`;
  const exports = Object.fromEntries(ENGINE_PARTS.map((part) => [`./${part}`, `./${part}.ts`]));
  const response = await fetch(`${origin}/api/scopes/millrace/packages/core/versions/0.1.0`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: await archiveOf({
      config: { name: "@millrace/core", version: "0.1.0", exports: { ".": "./mod.ts", ...exports } },
      mod: text("all"),
      entries: ENGINE_PARTS.map((part) => ({ path: `${part}.ts`, text: text(part) })),
    }),
  });
  const said = await response.text();
  if (!response.ok) throw new Error(`The stand-in for the engine was refused: ${said}`);
}
