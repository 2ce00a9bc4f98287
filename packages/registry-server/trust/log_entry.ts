/**
 * An entry of the log: {@linkcode LogEntry}.
 * @module
 */
import { sha256 } from "../storage/sha256.ts";

/** Something that happened to what the registry serves. */
export interface LogEntry {
  /** 0, 1, 2, ... */
  readonly index: number;
  /** ISO 8601. */
  readonly time: string;
  /** What happened. */
  readonly kind:
    | "publish"
    | "yank"
    | "unyank"
    | "block"
    | "unblock"
    | "key"
    | "publisher-key"
    | "publisher-key-revoked";
  /** `@scope/name@version`, a scope, or the id of a key. */
  readonly subject: string;
  /** Of a publish the manifest's SHA-256, of a yank the reason, of a key the public key. */
  readonly detail: string;
  /** Hash of the entry before; of the first 64 zeros. */
  readonly previous: string;
}

/** What stands before the first entry. */
export const LOG_START = "0".repeat(64);

/** The hash of an entry, hexadecimal: over all of its fields, and through `previous` over all entries before. */
export function hashEntry({ index, time, kind, subject, detail, previous }: LogEntry): string {
  return sha256(JSON.stringify([index, time, kind, subject, detail, previous]));
}
