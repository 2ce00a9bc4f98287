/**
 * The texts that are signed. Each is plain lines, so that anything that knows Ed25519 can check them.
 * @module
 */

/** What a signature of a version stands for. */
export interface VersionStatement {
  /** `@scope/name`. */
  readonly package: string;
  /** Exact. */
  readonly version: string;
  /** SHA-256 of the bytes of the version's manifest, hexadecimal: it holds the checksums of all files. */
  readonly manifest: string;
  /** When it was signed, ISO 8601. */
  readonly signedAt: string;
}

/** What a signature of the log's head stands for. */
export interface LogHead {
  /** Entries in the log. */
  readonly size: number;
  /** Hash of the last one, hexadecimal; of an empty log 64 zeros. */
  readonly hash: string;
  /** When it was signed, ISO 8601. */
  readonly signedAt: string;
}

/** The text of a version's signature; `by` tells the registry's from a publisher's. */
export function versionText(by: "registry" | "publisher", statement: VersionStatement): string {
  const { package: name, version, manifest, signedAt } = statement;
  return `millrace ${by} version 1\n${name}\n${version}\nsha256-${manifest}\n${signedAt}\n`;
}

/** The text of the signature of the log's head. */
export function headText({ size, hash, signedAt }: LogHead): string {
  return `millrace log head 1\n${size}\nsha256-${hash}\n${signedAt}\n`;
}
