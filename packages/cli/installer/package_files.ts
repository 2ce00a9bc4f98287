/**
 * A package with all of its files, before it is installed: {@linkcode PackageFiles}.
 * @module
 */
import { createHash } from "node:crypto";
import type { PublicKey, Signature } from "@millrace/registry-server/verify";
import { type VersionManifest, versionManifest } from "@millrace/registry-server/client";
import type { LockedPackage } from "./lock_file.ts";

/** A package that was read from wherever it is. */
export interface PackageFiles {
  /** `@scope/name@version`, a URL, or the path of a folder. */
  readonly id: string;
  /** Scope without its `@`; of what no registry has: undefined. */
  readonly scope: string | undefined;
  /** Where its files go in the plugin's folder. */
  readonly place: string;
  /** Bytes of its manifest. */
  readonly manifestBytes: Uint8Array<ArrayBuffer>;
  /** What they say. */
  readonly manifest: VersionManifest;
  /** By path with a leading slash. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Who vouches for it. */
  readonly trust: LockedPackage["trust"];
  /** Signatures that count. */
  readonly registry: Signature | null;
  /** The publisher's signature, if it is one of a key that is trusted or `offered`. */
  readonly publisher: Signature | null;
  /** A key of the publisher's that the user may trust: nobody said yet whether that is so. */
  readonly offered: PublicKey | undefined;
  /** Id of the key of a publisher's signature, where that key is not trusted. */
  readonly strange: string | undefined;
  /** What npm says of it, where it is from there. */
  readonly npm?: LockedPackage["npm"];
}

/** Of files that nobody signed. */
export const UNSIGNED = {
  trust: "local",
  registry: null,
  publisher: null,
  offered: undefined,
  strange: undefined,
} as const satisfies Partial<PackageFiles>;

/** SHA-256 in hexadecimal digits. */
export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Bytes of the manifest of files that no registry described. */
export function manifestOf(
  parts: Parameters<typeof versionManifest>[0],
): { manifest: VersionManifest; manifestBytes: Uint8Array<ArrayBuffer> } {
  const manifest = versionManifest(parts);
  return { manifest, manifestBytes: new TextEncoder().encode(JSON.stringify(manifest)) };
}

/** For what may not be there, or have a file where it has a folder. */
export function ignoreMissing(error: unknown): undefined {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
  throw error;
}
