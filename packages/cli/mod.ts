/**
 * The `millrace` command: simulate, plan, run and look at runs of waveforms from a terminal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { main, memoryIo } from "@millrace/cli";
 *
 * const io = memoryIo();
 * assert.equal(await main(["run", "--help"], io), 0);
 * assert.match(io.stdout, /Usage: millrace run/);
 * ```
 * @module
 */
export { main } from "./program.ts";
export * from "./io.ts";
export * from "./picture.ts";
