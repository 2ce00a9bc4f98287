/**
 * Plugins of others, in processes that hold: nothing of them runs in the host, they reach what their user granted, and
 * they use what they are allowed to.
 *
 * @example
 * ```ts ignore
 * import { Context } from "@millrace/core";
 * import { sandboxedPlugin } from "@millrace/executor/sandbox";
 *
 * await using shape = await sandboxedPlugin(vendored); // verified files, grants, limits
 * await using ctx = new Context({ store: "./data" });
 * ctx.register(shape);
 * ```
 * @module
 */
export type { Grants, SandboxLimits, VendoredPlugin } from "./types.ts";
export { effectiveGrants } from "./grants.ts";
export { DEFAULT_LIMITS } from "./_limits.ts";
export { type Limit, SandboxViolation, type ViolationFacts } from "./violation.ts";
export { type SandboxedPlugin, sandboxedPlugin, type SandboxOptions } from "./sandboxed_plugin.ts";
export { type GoldenResult, runGolden } from "./run_golden.ts";
