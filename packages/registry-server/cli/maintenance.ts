// registry backup, restore, verify, gc, keys
import { Command } from "@commander-js/extra-typings";
import { backup, restore } from "../maintenance/backup.ts";
import { collectGarbage } from "../maintenance/collect_garbage.ts";
import { verifyData } from "../maintenance/verify_data.ts";
import { rotateKey } from "../trust/keys.ts";
import { DATA, FOLDER, inRegistry, onRegistry, print } from "./_open.ts";

/** Looking after the data. */
export function maintenanceCommands() {
  const keys = new Command("keys").description("Keys that the registry signs with");
  keys.command("rotate")
    .description("Sign with a new key from now on; what was signed stays valid")
    .requiredOption(DATA, FOLDER)
    .action(async ({ data }) => {
      print(
        `Key ${await onRegistry(data, "keys rotate", "", ({ db, now }) => rotateKey(db, now))} is in use now`,
      );
    });
  return [
    keys,
    new Command("backup")
      .description("Copy the registry into a folder, also while it is served")
      .argument("<folder>")
      .requiredOption(DATA, FOLDER)
      .action(async (to, { data }) => {
        await inRegistry(data, (registry) => backup(registry, to));
        print(`Copied to ${to}`);
      }),
    new Command("restore")
      .description("Make a registry's folder from a copy")
      .argument("<folder>", "the copy")
      .requiredOption(DATA, FOLDER)
      .action(async (from, { data }) => {
        await restore(from, data);
        print(`Restored to ${data}`);
      }),
    new Command("verify")
      .description("Check all files, signatures and the log")
      .requiredOption(DATA, FOLDER)
      .action(async ({ data }) => {
        const problems = await inRegistry(data, verifyData);
        for (const problem of problems) print(problem);
        if (problems.length > 0) throw new Error(`The registry in "${data}" is damaged: restore a backup`);
        print("All is well");
      }),
    new Command("gc")
      .description("Remove what uploads left that were refused or cut off")
      .requiredOption(DATA, FOLDER)
      .action(async ({ data }) => {
        const removed = await onRegistry(data, "gc", "", (registry) => collectGarbage(registry));
        print(`Removed ${removed.length} files`);
      }),
  ];
}
