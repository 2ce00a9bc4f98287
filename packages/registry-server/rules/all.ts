/**
 * All publish rules, in the order in which they are asked. A rule is one file and one line here.
 * @module
 */
import type { EntryRule, PackageRule } from "./rule.ts";
import { absolutePath } from "./entries/absolute_path.ts";
import { caseCollision } from "./entries/case_collision.ts";
import { duplicatePath } from "./entries/duplicate_path.ts";
import { fileCount } from "./entries/file_count.ts";
import { fileSize } from "./entries/file_size.ts";
import { link } from "./entries/link.ts";
import { oddPath } from "./entries/odd_path.ts";
import { pathDepth } from "./entries/path_depth.ts";
import { pathLength } from "./entries/path_length.ts";
import { pathTraversal } from "./entries/path_traversal.ts";
import { reservedPath } from "./entries/reserved_path.ts";
import { specialFile } from "./entries/special_file.ts";
import { commonJs } from "./package/common_js.ts";
import { configIdentity } from "./package/config_identity.ts";
import { globalTypes } from "./package/global_types.ts";
import { importMissing } from "./package/import_missing.ts";
import { importOutside } from "./package/import_outside.ts";
import { importScheme } from "./package/import_scheme.ts";
import { missingExport } from "./package/missing_export.ts";
import { missingLicense } from "./package/missing_license.ts";
import { missingRange } from "./package/missing_range.ts";
import { pluginCode } from "./package/plugin_code.ts";
import { pluginExport } from "./package/plugin_export.ts";
import { pluginGolden } from "./package/plugin_golden.ts";
import { pluginSection } from "./package/plugin_section.ts";
import { remoteImport } from "./package/remote_import.ts";
import { syntaxError } from "./package/syntax_error.ts";
import { unknownDependency } from "./package/unknown_dependency.ts";

/** Asked for each entry of an archive, from its header. */
export const ENTRY_RULES: readonly EntryRule[] = [
  pathTraversal,
  absolutePath,
  oddPath,
  pathLength,
  pathDepth,
  reservedPath,
  link,
  specialFile,
  duplicatePath,
  caseCollision,
  fileSize,
  fileCount,
];

/** Asked for the package as a whole. */
export const PACKAGE_RULES: readonly PackageRule[] = [
  configIdentity,
  missingExport,
  missingLicense,
  syntaxError,
  commonJs,
  globalTypes,
  importOutside,
  importMissing,
  remoteImport,
  importScheme,
  missingRange,
  unknownDependency,
  pluginSection,
  pluginExport,
  pluginCode,
  pluginGolden,
];
