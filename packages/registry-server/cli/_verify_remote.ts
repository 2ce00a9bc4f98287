// Check a registry from outside.

import { sha256 } from "../storage/sha256.ts";
import type { VersionManifest } from "../publish/version_manifest.ts";
import { keyId } from "../trust/ed25519.ts";
import { LOG_START } from "../trust/log_entry.ts";
import {
  type LoggedEntry,
  type PublicKey,
  type SignedHead,
  VerificationError,
  verifyInclusion,
  verifyLog,
  verifyVersion,
  type VersionSignatures,
} from "../trust/verify.ts";
import { parseVersion } from "./_parse.ts";

/** What is remembered of a registry. */
interface Memory {
  readonly keys: readonly PublicKey[];
  readonly head: { readonly size: number; readonly hash: string };
}

/** What to check, and what is known already. */
export interface VerifyOptions {
  /** One version instead of all. */
  readonly version?: string | undefined;
  /** File. */
  readonly remember?: string | undefined;
  /** Raw Ed25519 keys, base64. */
  readonly publisherKeys?: readonly string[] | undefined;
}

/** Check a registry over the network; gives what was found. @throws {VerificationError} When something does not hold. */
export async function verifyRemote(
  origin: string,
  { version, remember, publisherKeys }: VerifyOptions,
): Promise<string> {
  const memory = remember === undefined ? undefined : await readMemory(remember);
  const keys = joinKeys(memory?.keys, (await json<{ keys: PublicKey[] }>(origin, "/api/keys")).keys);
  const head = await json<SignedHead>(origin, "/api/log/head");
  const entries = await readWholeLog(origin, head.size);
  await verifyLog(entries, head, keys);
  const before = memory?.head ?? { size: 0, hash: LOG_START };
  if (before.size > 0 && entries[before.size - 1]?.hash !== before.hash) {
    throw new VerificationError(
      `Cannot trust ${origin}: its log no longer has the entry ${before.size - 1} that it had before`,
    );
  }
  const published = entries.filter(({ kind }) => kind === "publish").map(({ subject }) => subject);
  const blocked = new Set<string>();
  for (const { kind, subject } of entries) {
    if (kind === "block") blocked.add(subject);
    if (kind === "unblock") blocked.delete(subject);
  }
  const wanted = version === undefined ? published.filter((each) => !blocked.has(each)) : [version];
  const publishers = await Promise.all((publisherKeys ?? []).map(publisherKey));
  const found: string[] = [];
  for (const each of wanted) {
    const state = await verifyOne(origin, each, entries, keys, publishers);
    if (publishers.length > 0 && state !== "verified") {
      throw new VerificationError(
        `Cannot trust ${each}: none of the publisher's keys that were given signed it`,
      );
    }
    if (version !== undefined) {
      found.push(
        `${each} is ${
          state === "verified" ? "signed by registry and publisher" : "signed by the registry"
        }\n`,
      );
    }
  }
  if (remember !== undefined) {
    const { size, hash } = head;
    await Deno.writeTextFile(
      remember,
      `${JSON.stringify({ keys, head: { size, hash } } satisfies Memory, null, 2)}\n`,
    );
  }
  return `${found.join("")}The log of ${head.size} entries holds, and ${wanted.length} ${
    wanted.length === 1 ? "version" : "versions"
  } with all files\n`;
}

async function verifyOne(
  origin: string,
  text: string,
  entries: readonly LoggedEntry[],
  keys: readonly PublicKey[],
  publishers: readonly PublicKey[],
): Promise<"verified" | "unverified"> {
  const { scope, name, version, path } = parseVersion(text);
  const base = `/@${scope}/${name}/${version}`;
  const manifest = await bytes(origin, `${base}_meta.json`);
  const signatures = await json<VersionSignatures>(origin, `/api${path}/signature`);
  const state = await verifyVersion({
    package: `@${scope}/${name}`,
    version,
    manifest,
    signatures,
    keys,
    publishers,
  });
  verifyInclusion(entries, signatures);
  const { manifest: files } = JSON.parse(new TextDecoder().decode(manifest)) as VersionManifest;
  for (const [file, { size, checksum }] of Object.entries(files)) {
    const content = await bytes(origin, base + encodeURI(file));
    if (content.length === size && `sha256-${sha256(content)}` === checksum) continue;
    throw new VerificationError(`Cannot trust ${text}: the file "${file}" is not the one in its manifest`);
  }
  return state;
}

/** Keys that are known stay as they are, but for the end of their validity. */
function joinKeys(known: readonly PublicKey[] | undefined, told: readonly PublicKey[]): readonly PublicKey[] {
  if (!known) return told;
  for (const key of known) {
    const now = told.find(({ id }) => id === key.id);
    if (now?.publicKey === key.publicKey && now.validFrom === key.validFrom) continue;
    throw new VerificationError(`Cannot trust the registry: its key ${key.id} is no longer what it was`);
  }
  return told;
}

async function publisherKey(publicKey: string): Promise<PublicKey> {
  return {
    id: await keyId(publicKey),
    algorithm: "Ed25519",
    publicKey,
    validFrom: new Date(0).toISOString(),
    validUntil: null,
  };
}

async function readWholeLog(origin: string, size: number): Promise<LoggedEntry[]> {
  const entries: LoggedEntry[] = [];
  while (entries.length < size) {
    const { entries: more } = await json<{ entries: LoggedEntry[] }>(
      origin,
      `/api/log?from=${entries.length}`,
    );
    if (more.length === 0) {
      throw new VerificationError(
        `Cannot trust ${origin}: its log ends at ${entries.length} of ${size} entries`,
      );
    }
    entries.push(...more);
  }
  return entries.slice(0, size);
}

async function readMemory(path: string): Promise<Memory | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as Memory;
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${path}": it is not what verify wrote; name another file`, { cause });
  }
}

async function bytes(origin: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  while (true) {
    const response = await fetch(origin + path);
    const content = await response.bytes();
    if (response.ok) return content;
    const wait = Number(response.headers.get("retry-after"));
    if (response.status !== 429 || !(wait > 0 && wait <= 60)) {
      throw new Error(`Cannot read ${origin}${path}: ${new TextDecoder().decode(content).trim()}`);
    }
    await new Promise((go) => setTimeout(go, wait * 1000));
  }
}

async function json<T>(origin: string, path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await bytes(origin, path))) as T;
}
