/**
 * `millrace registry`.
 * @module
 */
import { registryProgram } from "@millrace/registry-server/cli";
import { writeTo } from "../commands/_program.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";

/** Run one of the registry's commands. */
export async function runRegistry(args: readonly string[], io: Io): Promise<void> {
  const setUp = (program: Parameters<typeof writeTo>[0] & { name(text: string): unknown }) => {
    program.name("millrace registry");
    writeTo(program, io);
  };
  const program = registryProgram(io, setUp, async (candidate, source) => {
    const { checkCandidate } = await import("../installer/check_candidate.ts");
    return await checkCandidate(candidate, source);
  });
  if (args.length === 0) program.help({ error: true });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    // What the user wrote cannot be done.
    const isUsage = [TypeError, SyntaxError, RangeError].some((kind) => error?.constructor === kind);
    throw isUsage ? new UsageError((error as Error).message, { cause: error }) : error;
  }
}
