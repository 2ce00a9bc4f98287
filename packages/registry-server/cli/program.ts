/**
 * The registry's commands, as a part of the `millrace` command: {@linkcode registryProgram}.
 *
 * ```ts
 * import { registryProgram } from "@millrace/registry-server/cli";
 * import assert from "node:assert/strict";
 *
 * let said = "";
 * const terminal = { out: (text: string) => void (said += text), err() {}, onSignal: () => () => {} };
 * await registryProgram(terminal).parseAsync(["key", "create", await Deno.makeTempDir() + "/key"], { from: "user" });
 * assert.match(said, /^Key [0-9a-f]{16}/);
 * ```
 * @module
 */
import { Command } from "@commander-js/extra-typings";
import { addAccess } from "./access.ts";
import { addMaintenance } from "./maintenance.ts";
import { addServe } from "./serve.ts";
import type { Terminal } from "./_terminal.ts";
import type { SampleCheck } from "../publish/samples.ts";
import { addTrust } from "./trust.ts";
import { addVersions } from "./versions.ts";

export type { Terminal };

const EXAMPLES = `
A first look:
  millrace registry serve --data ./registry
  millrace registry scope create lab --data ./registry
  millrace registry token create --scope lab --data ./registry
  JSR_URL=http://127.0.0.1:8000/ deno publish --token=TOKEN
  millrace plugin add @lab/plugin --registry http://127.0.0.1:8000

millrace registry COMMAND --help has more examples for each command.
`;

/**
 * All commands.
 *
 * @param terminal Where they write.
 * @param settings Called with the program before commands are added, for settings that all of them inherit.
 * @param samples Computes samples for `serve --check-samples`.
 */
export function registryProgram(
  terminal: Terminal,
  settings: (program: Command) => void = () => {},
  samples?: SampleCheck,
): Command {
  const program = new Command("registry").description(
    "Serve and look after a registry of packages and plugins",
  ).helpOption("-h, --help", "show help").addHelpText("after", EXAMPLES);
  settings(program);
  addServe(program, terminal, samples);
  addAccess(program, terminal);
  addVersions(program, terminal);
  addTrust(program, terminal);
  addMaintenance(program, terminal);
  return program;
}
