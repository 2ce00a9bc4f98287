// registry backup, restore, verify, gc
import type { Command } from "@commander-js/extra-typings";
import { backup, restore } from "../maintenance/backup.ts";
import { receiveBackup } from "../maintenance/backup_stream.ts";
import { verifyData } from "../maintenance/verify_data.ts";
import { openRegistry } from "../registry.ts";
import { administrate, placed } from "./_administration.ts";
import type { Terminal } from "./_terminal.ts";
import { verifyRemote } from "./_verify_remote.ts";

const VERIFY_HELP = `
With --data every file, manifest, signature and log entry in the folder is checked. With --url the same is checked from
outside, trusting nothing but the keys: the whole log up to its signed head, and for each version (or the one that is
named) its signatures, its place in the log and the checksums of its files. --remember keeps keys and head in a file, so
that a registry that rewrites its history is found out the next time.

Examples:
  millrace registry verify --data ./registry
  millrace registry verify @lab/hits@1.2.0 --url http://127.0.0.1:8000 --remember ./registry.trust
`;

/** Add the commands that look after the data. */
export function addMaintenance(program: Command, terminal: Terminal): void {
  placed(
    program.command("backup").argument(
      "<folder>",
      "made where it is missing; an earlier copy is brought up to date",
    ),
  )
    .description("Copy the registry, also while it is served")
    .addHelpText("after", "\nExamples:\n  millrace registry backup ./copy --data ./registry\n")
    .action(async (to, place) => {
      using registry = await administrate(place);
      if (registry.remote) {
        const response = await registry.fetch("GET", "/backup");
        await receiveBackup(response.body!, to);
      } else {
        using opened = await openRegistry({ data: place.data! });
        await backup(opened, to);
      }
      terminal.out(`Copied to ${to}\n`);
    });
  program.command("restore")
    .argument("<folder>", "the copy")
    .description("Make a registry's folder from a copy, and check it")
    .requiredOption("--data <folder>", "the registry's folder; there must be no registry yet")
    .addHelpText("after", "\nExamples:\n  millrace registry restore ./copy --data ./registry\n")
    .action(async (from, { data }) => {
      await restore(from, data);
      terminal.out(`Restored to ${data}\n`);
    });
  placed(program.command("verify").argument("[version]", "@scope/name@version, with --url"))
    .description("Check all files, signatures and the log")
    .option("--remember <file>", "with --url: keys and head of the log from one time to the next")
    .option("--publisher-key <key...>", "with --url: public keys that versions must be signed with as well")
    .addHelpText("after", VERIFY_HELP)
    .action(async (version, { remember, publisherKey, ...place }) => {
      using registry = await administrate(place);
      if (registry.remote) {
        terminal.out(await verifyRemote(registry.name, { version, remember, publisherKeys: publisherKey }));
        return;
      }
      if (version !== undefined || remember !== undefined || publisherKey !== undefined) {
        throw new TypeError(
          "Cannot check a part of a folder: leave out the version and other options, or give --url",
        );
      }
      using opened = await openRegistry({ data: place.data! });
      const problems = await verifyData(opened);
      for (const problem of problems) terminal.err(`${problem}\n`);
      if (problems.length > 0) {
        throw new Error(`The registry in "${place.data}" is damaged: restore a backup`);
      }
      terminal.out("All is well\n");
    });
  placed(program.command("gc"))
    .description("Remove what uploads left that were refused or cut off")
    .addHelpText("after", "\nExamples:\n  millrace registry gc --data ./registry\n")
    .action(async (place) => {
      using registry = await administrate(place);
      const { removed } = await registry.call<{ removed: number }>("POST", "/gc");
      terminal.out(`Removed ${removed} ${removed === 1 ? "file" : "files"}\n`);
    });
}
