/**
 * The entry of the `millrace` command.
 *
 * ```sh
 * deno run --allow-read --allow-write --allow-env --allow-sys main.ts --help
 * ```
 * @module
 */
import { main } from "./program.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
