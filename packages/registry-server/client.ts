/**
 * What the registry and those who read from it or publish to it have in common: how packages are read, checked and described.
 *
 * ```ts
 * import { parseRequirement, resolveRange } from "@millrace/registry-server/client";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseRequirement("jsr:@lab/hits@^1/more")?.subpath, "/more");
 * const meta = { scope: "lab", name: "hits", latest: "1.2.0", versions: { "1.2.0": {}, "1.3.0": { yanked: true as const } } };
 * assert.equal(resolveRange(meta, "^1"), "1.2.0");
 * ```
 * @module
 */
export { isModule } from "./analysis/analyse.ts";
export { Analyser, type Modules } from "./analysis/analyser.ts";
export { type Documented, type ModuleDocs } from "./analysis/document.ts";
export type { Declared, DeclaredOption, Exported, Import, ModuleFacts } from "./analysis/facts.ts";
export { compareVersions, type PackageMeta, resolveRange } from "./catalog/resolve_range.ts";
export { type PermissionDiff, permissionDiff } from "./plugins/permission_diff.ts";
export {
  parseSection,
  PLUGIN_LIMITS,
  type PluginDeclaration,
  type PluginPermission,
  type PluginSection,
  sectionProblems,
} from "./plugins/section.ts";
export { type Config, readConfig } from "./publish/config.ts";
export { parseJsonc } from "./publish/jsonc.ts";
export { type VersionManifest, versionManifest } from "./publish/version_manifest.ts";
export type { PackageSource, SampleCheck } from "./publish/samples.ts";
export { isPath, parseRequirement, type Requirement, resolveInside } from "./rules/_resolve.ts";
export { type Problem, problemsOf } from "./rules/problems.ts";
export { type Candidate } from "./rules/rule.ts";
export { generateKey, isSignedBy, keyId, type KeyPair, sign } from "./trust/ed25519.ts";
export { type VersionStatement, versionText } from "./trust/statement.ts";
