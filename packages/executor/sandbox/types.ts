/**
 * What an installed plugin is to the sandbox: verified files in a folder of its own, what it may do, and how much.
 * @module
 */

/** What a plugin may reach outside its sandbox. Everything that is not listed is refused. */
export interface Grants {
  /** `host:port` pairs. */
  readonly net?: readonly string[];
  /** Files and folders that may be read. */
  readonly read?: readonly string[];
  /** Files and folders that may be written. */
  readonly write?: readonly string[];
  /** Names of environment variables. */
  readonly env?: readonly string[];
}

/** How much a plugin may use. What is left out has its default. */
export interface SandboxLimits {
  /** Wall time of one call, ms. */
  readonly wallMs: number;
  /** Processor time of one call, ms. */
  readonly cpuMs: number;
  /** JavaScript heap, bytes. */
  readonly heapBytes: number;
  /** Resident memory of the process, bytes. */
  readonly residentBytes: number;
  /** Bytes of one call's output. */
  readonly outputBytes: number;
  /** Bytes on the disk of what it keeps in `caches`, while its process lives. */
  readonly diskBytes: number;
  /** Messages a second. */
  readonly messagesPerSecond: number;
}

/** A plugin as it was installed. */
export interface VendoredPlugin {
  /** What errors call it, e.g. `@lab/pulse-shape@1.2.0`. */
  readonly name: string;
  /** Absolute path of the folder that holds its files, and nothing else. */
  readonly folder: string;
  /** SHA-256 (64 hexadecimal digits) of each file, by its path in the folder. Compared at each start, before a line runs. */
  readonly files: Readonly<Record<string, string>>;
  /** Path in the folder of the module that holds the plugin. */
  readonly entry: string;
  /** Name of the plugin's export. */
  readonly export: string;
  /** Import map: specifiers as its files write them, to paths in the folder. `@millrace/core` is the harness's own. */
  readonly imports: Readonly<Record<string, string>>;
  /** SHA-256 of the version's manifest: part of the lineage of whatever the plugin makes. */
  readonly manifestHash: string;
  /** What its manifest asks for. */
  readonly declared: Grants;
  /** What its user granted. What it gets is what both allow. */
  readonly granted: Grants;
  /** Limits of its manifest or its user, in the place of the defaults. */
  readonly limits?: Partial<SandboxLimits>;
}
