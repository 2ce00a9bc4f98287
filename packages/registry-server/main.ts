/**
 * The registry's command.
 *
 * ```sh
 * deno run --allow-read --allow-write --allow-net --allow-env --allow-sys main.ts serve --data ./registry --port 8000
 * ```
 * @module
 */
import { registryProgram } from "./cli/program.ts";
import { Refusal } from "./http/refusal.ts";

if (import.meta.main) {
  try {
    await registryProgram().parseAsync(Deno.args, { from: "user" });
  } catch (error) {
    const expected = error instanceof Refusal || error instanceof TypeError || error instanceof SyntaxError ||
      error instanceof RangeError || error instanceof Deno.errors.Busy ||
      error instanceof Deno.errors.AddrInUse;
    console.error(`error: ${expected ? error.message : error instanceof Error ? error.stack : error}`);
    Deno.exit(1);
  }
}
