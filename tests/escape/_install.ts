// How a plugin of the suite gets into a vendored folder. This is the one place to change for another way.

import { type TestPlugin, vendor } from "../../packages/executor/sandbox/_vendor_testing.ts";
import type { VendoredPlugin } from "@millrace/executor/sandbox";

/** A plugin that is installed. */
export type Installed = TestPlugin;

/** Installs a plugin that consists of these files. */
export function install(
  name: string,
  files: Readonly<Record<string, string>>,
  more: Partial<VendoredPlugin> = {},
): Promise<Installed> {
  return vendor(files, { name, ...more });
}
