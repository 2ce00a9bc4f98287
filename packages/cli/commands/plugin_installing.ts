// plugin add, update, remove, vendor, trust
import type { Command } from "commander";
import type { Io } from "../io.ts";
import { consenting, locked, subcommand } from "./_plugin.ts";

/** Add the commands that change the lock file. */
export function addInstalling(plugin: Command, io: Io): void {
  const actions = () => import("../actions/plugin/install.ts");
  locked(consenting(subcommand(
    plugin,
    "add <specifier>",
    "Install a plugin: shows what it provides and wants, and asks",
    [
      "add @lab/pulse-shape@^1 --registry http://registry.lab:8000",
      "add jsr:@lab/pulse-shape@1.2.0 --allow-permissions none",
      "add @lab/calibrated --allow-permissions net=calibration.lab:443",
      "add http://127.0.0.1:8080/mine.ts --allow-unverified",
      "add ./my-plugin",
    ],
  ))).action(async (specifier: string, _options: unknown, command: Command) => {
    await (await actions()).addAction(specifier, command.optsWithGlobals(), io);
  });
  locked(consenting(subcommand(
    plugin,
    "update [names...]",
    "Install the newest versions in the ranges that were asked for; asks where more is wanted than before",
    [
      "update",
      "update @lab/pulse-shape",
      "update @lab/pulse-shape --allow-permissions net=calibration.lab:443",
    ],
  ))).action(async (names: string[], _options: unknown, command: Command) => {
    await (await actions()).updateAction(names, command.optsWithGlobals(), io);
  });
  locked(
    subcommand(plugin, "remove <name>", "Remove an installed plugin and its files", [
      "remove @lab/pulse-shape",
    ]),
  )
    .action(async (name: string, _options: unknown, command: Command) => {
      await (await actions()).removeAction(name, command.optsWithGlobals(), io);
    });
  locked(subcommand(
    plugin,
    "vendor",
    "Have the files of all plugins of the lock file on this machine, to the same bytes: runs then need no network",
    ["vendor", "vendor --lock ../millrace.lock"],
  )).action(async (_options: unknown, command: Command) => {
    await (await actions()).vendorAction(command.optsWithGlobals(), io);
  });
  locked(subcommand(
    plugin,
    "trust [scope] [key]",
    "Trust a publisher's key for a scope; without arguments, list the keys that are trusted",
    ["trust", "trust @lab PUBLIC_KEY", "trust @lab KEY_ID --remove"],
  )).option("--remove", "trust it no more")
    .action(
      async (scope: string | undefined, key: string | undefined, _options: unknown, command: Command) => {
        const { trustAction } = await import("../actions/plugin/trust.ts");
        await trustAction(scope, key, command.optsWithGlobals(), io);
      },
    );
}
