/**
 * The version of the command line.
 * @module
 */
import config from "./deno.json" with { type: "json" };

/** Version of this package. */
export const VERSION: string = config.version;
