/**
 * Definition of `millrace registry`, whose commands are those of the registry's package.
 * @module
 */
import type { Program } from "./_program.ts";

/** Add `registry` to the program, so that its help lists it. */
export function addRegistry(program: Program): void {
  program.command("registry")
    .description("Serve and look after a registry of packages and plugins")
    .usage("COMMAND ...")
    .action(() => {
      throw new Error("The registry's commands are run by main()");
    });
}

/** What is for the registry's commands, if anything: they have options of their own, such as `--version`. */
export function registryArgs(args: readonly string[]): readonly string[] | undefined {
  const [first, ...rest] = args.filter((word) => !["--debug", "--quiet"].includes(word));
  if (first === "registry") return rest;
  if (first === "help" && rest[0] === "registry") return [...rest.slice(1), "--help"];
  return undefined;
}
