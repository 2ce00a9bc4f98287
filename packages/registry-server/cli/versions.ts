// registry yank, block
import { Command } from "@commander-js/extra-typings";
import { block, yank } from "../catalog/versions.ts";
import { DATA, FOLDER, onRegistry, parseVersion, print } from "./_open.ts";

/** What can be done with a version that is published. */
export function versionCommands() {
  const verbs = [
    ["yank", yank, "Take a version out of ranges; exact pins go on working"],
    ["block", block, "Stop serving a version, for security"],
  ] as const;
  return verbs.map(([verb, change, description]) =>
    new Command(verb)
      .description(description)
      .argument("<version>", "@scope/name@version")
      .requiredOption(DATA, FOLDER)
      .option("--reason <text>", "what users will read")
      .option("--undo", "take it back")
      .action(async (text, { data, reason, undo }) => {
        if ((reason === undefined) === (undo === undefined)) {
          throw new TypeError(`Cannot ${verb} ${text}: give either --reason or --undo`);
        }
        const [scope, name, version] = parseVersion(text);
        await onRegistry(data, `${verb}${undo ? " --undo" : ""}`, text, (registry) => {
          change(registry, scope, name, version, reason);
        });
        print(`${text} is ${undo ? "no longer " : ""}${verb}ed`);
      })
  );
}
