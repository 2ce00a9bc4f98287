/**
 * `millrace registry`.
 * @module
 */
import { registryProgram } from "@millrace/registry-server/cli";
import { writeTo } from "../commands/_program.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";

/** The registry's commands. */
export function registryCommands(io: Io): ReturnType<typeof registryProgram> {
  const setUp = (program: Parameters<typeof writeTo>[0] & { name(text: string): unknown }) => {
    program.name("millrace registry");
    writeTo(program, io);
  };
  return registryProgram(io, setUp, async (candidate, source) => {
    const { checkCandidate } = await import("../installer/check_candidate.ts");
    return await checkCandidate(candidate, source);
  });
}

/** Run one of the registry's commands. */
export async function runRegistry(
  program: ReturnType<typeof registryProgram>,
  args: readonly string[],
): Promise<void> {
  if (args.length === 0) program.help({ error: true });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    // What the user wrote cannot be done.
    const isUsage = [TypeError, SyntaxError, RangeError].some((kind) => error?.constructor === kind);
    throw isUsage ? new UsageError((error as Error).message, { cause: error }) : error;
  }
}
