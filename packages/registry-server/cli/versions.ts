// registry yank, block, search
import type { Command } from "@commander-js/extra-typings";
import type { Found } from "../plugins/search.ts";
import { administrate, placed } from "./_administration.ts";
import { parseVersion, table } from "./_parse.ts";
import type { Terminal } from "./_terminal.ts";

const VERBS = [
  ["yank", "Take a version out of ranges; exact pins go on working"],
  ["block", "Stop serving a version at all, for security"],
] as const;

/** Add the commands on what is published. */
export function addVersions(program: Command, terminal: Terminal): void {
  for (const [verb, description] of VERBS) {
    placed(program.command(verb).argument("<version>", "@scope/name@version"))
      .description(description)
      .option("--reason <text>", "what users will read")
      .option("--undo", "take it back")
      .addHelpText(
        "after",
        `\nExamples:\n  millrace registry ${verb} @lab/hits@1.2.0 --reason "Charges have the wrong sign" --data ./registry
  millrace registry ${verb} @lab/hits@1.2.0 --undo --url http://127.0.0.1:8000\n`,
      )
      .action(async (text, { reason, undo, ...place }) => {
        if ((reason === undefined) === (undo === undefined)) {
          throw new TypeError(`Cannot ${verb} ${text}: give either --reason or --undo`);
        }
        const { path } = parseVersion(text);
        using registry = await administrate(place);
        if (reason === undefined) await registry.call("DELETE", `${path}/${verb}`);
        else await registry.call("PUT", `${path}/${verb}`, { reason });
        terminal.out(`${text} is ${undo ? "no longer " : ""}${verb}ed\n`);
      });
  }
  placed(program.command("search").argument("[words...]", "in names and descriptions"))
    .description("Find packages by what their plugins do")
    .option("--provides <type>", "a plugin makes this data type")
    .option("--needs <type>", "a plugin needs this data type")
    .option("--permission <name>", "a plugin wants this permission")
    .option("--without <name>", 'no plugin wants this permission; "any": none at all')
    .option("--license <name>", "the licence")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  millrace registry search --provides peaks --without any --url http://127.0.0.1:8000\n",
    )
    .action(async (words, options) => {
      const { json, data, url, token, ...facets } = options;
      const query = new URLSearchParams({ ...words.length > 0 && { q: words.join(" ") }, ...facets });
      using registry = await administrate({ data, url, token });
      const { packages } = await registry.call<{ packages: Found[] }>("GET", `/search?${query}`);
      if (!json && packages.length === 0) {
        terminal.out("No package is like that; leave a word or an option out\n");
        return;
      }
      terminal.out(
        json ? `${JSON.stringify(packages, null, 2)}\n` : table(
          ["package", "version", "provides", "licence", "downloads", "description"],
          packages.map(({ name, version, plugins, license, downloads, description }) => [
            name,
            version,
            Object.values(plugins).flatMap(({ provides }) => provides).join(","),
            license ?? "-",
            String(downloads),
            description,
          ]),
        ),
      );
    });
}
