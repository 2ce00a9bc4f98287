// The entry of the command: deno run main.ts ...
import { main } from "./program.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
