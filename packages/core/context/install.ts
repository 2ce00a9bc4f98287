/**
 * How a context gets plugins that others wrote: {@linkcode PluginSource}.
 * @module
 */
import type { Plugin } from "../plugin/plugin.ts";

/** What a script says about a plugin that it wants. */
export interface InstallOptions {
  /** Origin of the registry, like `http://127.0.0.1:8000`. Default: that of the lock file. */
  readonly registry?: string;
  /** All that the plugin wants to be allowed, by kind; `{}` for a plugin that only computes. */
  readonly permissions: Readonly<Partial<Record<"net" | "read" | "write" | "env", readonly string[]>>>;
  /** Public key (base64) of the publisher, where the lock file does not have it yet. */
  readonly publisher?: string;
  /** Take it also where no trusted publisher signed it. */
  readonly allowUnverified?: boolean;
}

/** Gives the plugins of a package, installing it where it is not yet. */
export interface PluginSource {
  /** Plugins of a package; those that are `AsyncDisposable` are disposed of with the context. @throws {Error} When it cannot be installed or is not trusted. */
  load(specifier: string, options: InstallOptions): Promise<readonly (Plugin & Partial<AsyncDisposable>)[]>;
}
