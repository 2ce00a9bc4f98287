/**
 * Definitions of the commands that look after a store.
 * @module
 */
import type { Io } from "../io.ts";
import { lockOption, noInstalledOption, pluginsOption, withPlugins } from "./_options.ts";
import { collect, NAMES, type Program } from "./_program.ts";

/** Add `ls`, `info`, `du`, `gc`, `copy`, `rechunk`, `verify` and `lineage` to the program. */
export function addCare(program: Program, io: Io): void {
  addList(program, io);
  addGc(program, io);
  addCopy(program, io);
  addVerify(program, io);
  addLineage(program, io);
}

function addList(program: Program, io: Io): void {
  program.command("ls")
    .description("List results: all lineages, also what is not complete or cannot be read")
    .argument("<store>", "folder of the results")
    .argument("[run]", "name of the run")
    .argument("[type]", "data type")
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText(
      "after",
      `${NAMES}\nExamples:\n  millrace ls ./data\n  millrace ls ./data run_7 hit_threshold --json\n`,
    )
    .action(async (store, run, type, _options, command) => {
      const { lsAction } = await import("../actions/ls.ts");
      await lsAction(store, run, type, command.optsWithGlobals(), io);
    });
  program.command("info")
    .description("Tell all that is known of a result")
    .argument("<store>", "folder of the results")
    .argument("<run>", "name of the run")
    .argument("<type>", "data type")
    .option("--json", "as JSON, with the lineage")
    .helpOption("-h, --help", "show help")
    .addHelpText(
      "after",
      `${NAMES}\nExamples:\n  millrace info ./data run_7 hit_threshold\n  millrace info ./data run_7 records@4f1a --json\n`,
    )
    .action(async (store, run, type, _options, command) => {
      const { infoAction } = await import("../actions/ls.ts");
      await infoAction(store, run, type, command.optsWithGlobals(), io);
    });
  program.command("du")
    .description("Tell how much space results take, with all their files")
    .argument("<store>", "folder of the results")
    .argument("[run]", "name of the run")
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", "\nExamples:\n  millrace du ./data\n  millrace du ./data run_7 --json\n")
    .action(async (store, run, _options, command) => {
      const { duAction } = await import("../actions/du.ts");
      await duAction(store, run, command.optsWithGlobals(), io);
    });
}

const GC_HELP = `
Nothing is removed without --yes: what would be is listed. A result that meets any of the conditions is chosen. Results
that somebody is writing or reading are left, with an error.

Examples:
  millrace gc ./data --superseded
  millrace gc ./data --older-than 30d --run run_7 --yes
  millrace gc ./data --max-size 200GB
  millrace gc ./data --unreachable --incomplete --json
  millrace gc ./data --leftovers --yes
`;

function addGc(program: Program, io: Io): void {
  program.command("gc")
    .description("Remove results that are no longer needed")
    .argument("<store>", "folder of the results")
    .option("--run <name>", "only results of this run")
    .option("--older-than <age>", "finished (or begun) longer ago: a number with s, min, h, d or w")
    .option("--max-size <bytes>", "the oldest, until what remains takes at most so much")
    .option(
      "--unreachable",
      "made by plugins that are not there, or in another version; not what was imported",
    )
    .option("--superseded", "older than another complete result of the same run and data type")
    .option("--incomplete", "left by runs that did not end")
    .option("--unreadable", "damaged, or of an older version")
    .option(
      "--leftovers",
      "what killed processes left beside results, and replaced results that nobody reads any more",
    )
    .addOption(pluginsOption)
    .option("--plugin <file|url>", "plugins of this module are there too, may be given again", collect)
    .addOption(lockOption)
    .addOption(noInstalledOption)
    .option("--yes", "remove them")
    .option("--dry-run", "only list them, as without --yes")
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", GC_HELP)
    .action(async (store, _options, command) => {
      const { gcAction } = await import("../actions/gc.ts");
      await gcAction(store, command.optsWithGlobals(), io);
    });
}

function addCopy(program: Program, io: Io): void {
  program.command("copy")
    .description("Copy complete results into another store; what is there already is left as it is")
    .argument("<store>", "folder of the results")
    .argument("[run]", "name of the run (default: all)")
    .argument("[type]", "data type (default: all)")
    .option("--to <folder>", "folder of the other store")
    .option("--verify", "compare every byte that is there already, too, and copy what is damaged")
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText(
      "after",
      `${NAMES}\nExamples:\n  millrace copy ./data run_7 --to /shared/data\n  millrace copy ./data run_7 records@4f1a --to ./backup --verify\n`,
    )
    .action(async (store, run, type, _options, command) => {
      const { copyAction } = await import("../actions/copy.ts");
      await copyAction(store, run, type, command.optsWithGlobals(), io);
    });
  program.command("rechunk")
    .description("Write a result anew in chunks of another size: same rows, same lineage")
    .argument("<store>", "folder of the results")
    .argument("<run>", "name of the run")
    .argument("<type>", "data type")
    .option("--size <bytes>", "bytes of rows a chunk (default: 8MiB)")
    .option("--span <time>", "longest time a chunk (default: 60s)")
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText(
      "after",
      `${NAMES}\nExamples:\n  millrace rechunk ./data run_7 records --size 64MiB\n  millrace rechunk ./data run_7 hit_threshold --span 10min --json\n`,
    )
    .action(async (store, run, type, _options, command) => {
      const { rechunkAction } = await import("../actions/copy.ts");
      await rechunkAction(store, run, type, command.optsWithGlobals(), io);
    });
}

const VERIFY_HELP = `
Every byte of every file is read. The exit code is 1 when something is damaged: the commands that repair it are told then, with
the inputs that --input gives. --repair computes the damaged chunks anew, all of a result whose metadata or journal are
damaged; it needs the inputs that the result was made of. The options are those that the result was made with; where its
metadata are damaged, give them with --set.

Examples:
  millrace verify ./data
  millrace verify ./data run_7 hit_threshold --json
  millrace verify ./data run_7 hit_threshold --repair --input ./DAQ/run_7
  millrace verify ./data run_7 hit_threshold@4f1a --repair --input ./DAQ/run_7 --json
`;

function addVerify(program: Program, io: Io): void {
  const verify = program.command("verify")
    .description("Compare stored results with their checksums, and repair them")
    .argument("<store>", "folder of the results")
    .argument("[run]", "name of the run (default: all)")
    .argument("[type]", "data type (default: all)")
    .option("--repair", "compute anew what is damaged")
    .option("--input <path>", "input of the run for that, may be given again", collect);
  withPlugins(verify)
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", VERIFY_HELP)
    .action(async (store, run, type, _options, command) => {
      const { verifyAction } = await import("../actions/verify.ts");
      await verifyAction(store, run, type, command.optsWithGlobals(), io);
    });
}

function addLineage(program: Program, io: Io): void {
  program.command("lineage")
    .description("Tell what a result was made by, or in what two results differ")
    .argument("<store>", "folder of the results")
    .argument("<run>", "name of the run")
    .argument("<type>", "data type")
    .option("--compare <result>", "with another result: RUN/TYPE, or TYPE of the same run")
    .option("--json", "as JSON")
    .helpOption("-h, --help", "show help")
    .addHelpText(
      "after",
      `${NAMES}\nExamples:\n  millrace lineage ./data run_7 hit_threshold\n  millrace lineage ./data run_7 hit_threshold@4f1a --compare hit_threshold@99d0\n  millrace lineage ./data run_7 records --compare run_8/records --json\n`,
    )
    .action(async (store, run, type, _options, command) => {
      const { lineageAction } = await import("../actions/lineage.ts");
      await lineageAction(store, run, type, command.optsWithGlobals(), io);
    });
}
