/**
 * A registry as those who install from it see it: {@linkcode RegistryReader}.
 * @module
 */
import type { PackageMeta } from "@millrace/registry-server/client";
import type { LoggedEntry, PublicKey, SignedHead, VersionSignatures } from "@millrace/registry-server/verify";

/** Longest time of one answer, ms. */
const LONGEST = 300_000;

/** What a registry says of a version beside its files. */
export interface VersionState {
  /** Taken out of ranges. */
  readonly yanked: boolean;
  /** Why. */
  readonly yankReason: string | null;
  /** No longer served. */
  readonly blocked: boolean;
  /** Why. */
  readonly blockReason: string | null;
}

/** Largest answer that is not a file, bytes. */
const MOST = 32 * 2 ** 20;

/** The origin of a registry, checked. @throws {SyntaxError} When it is none. */
export function registryOrigin(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.username === "" && !url.search) {
    return url.origin;
  }
  throw new SyntaxError(
    `Cannot use "${text}" as a registry: write a scheme, a host and a port, like http://HOST:8000`,
  );
}

/** Reads a registry. Waits where the registry asks for it; answers have a largest size. */
export class RegistryReader {
  /** A reader of the registry at an origin; nothing is read yet. @param origin Scheme, host and port. */
  constructor(readonly origin: string) {}

  /** Versions of a package. @throws {Error} When there is no such package. */
  async meta(scope: string, name: string): Promise<PackageMeta> {
    const found = await this.#find(`/@${scope}/${name}/meta.json`);
    if (!found) {
      throw new Error(
        `There is no package @${scope}/${name} in the registry ${this.origin}; look for it with millrace plugin search`,
      );
    }
    const what = `the versions of @${scope}/${name}`;
    const meta = parse(found, what, this.origin) as PackageMeta;
    const { versions, latest } = meta;
    const isMeta = typeof versions === "object" && versions !== null &&
      [...Object.keys(versions), latest ?? "0.0.0"]
        .every((version) => /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(version));
    if (isMeta) return meta;
    throw new SyntaxError(
      `Cannot read ${what} from ${this.origin}: they are not versions; is that a registry?`,
    );
  }

  /** Bytes of a version's manifest. @throws {Error} When it is blocked or not there. */
  async manifest(scope: string, name: string, version: string): Promise<Uint8Array<ArrayBuffer>> {
    return await this.bytes(`/@${scope}/${name}/${version}_meta.json`, MOST);
  }

  /** Bytes of a file. @param size Its size: more is not read. */
  async file(
    scope: string,
    name: string,
    version: string,
    path: string,
    size: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return await this.bytes(
      `/@${scope}/${name}/${version}${path.split("/").map(encodeURIComponent).join("/")}`,
      size,
    );
  }

  /** Signatures of a version; `undefined` where the registry has none, as for packages of another registry. */
  async signatures(scope: string, name: string, version: string): Promise<VersionSignatures | undefined> {
    const found = await this.#find(`/api/scopes/${scope}/packages/${name}/versions/${version}/signature`);
    if (!found) return undefined;
    const signatures = parse(found, "signatures", this.origin) as VersionSignatures;
    for (const one of [signatures.registry, signatures.publisher]) {
      if (one === null || one === undefined) continue; // judged by whoever asked
      const isText = [one.keyId, one.signature, one.signedAt].every((part) => typeof part === "string");
      if (isText && /^[A-Za-z0-9+/]{86}==$/.test(one.signature) && !Number.isNaN(Date.parse(one.signedAt))) {
        continue;
      }
      throw new SyntaxError(
        `Cannot read the signatures of @${scope}/${name}@${version} from ${this.origin}: they are none`,
      );
    }
    return signatures;
  }

  /** Whether a version is yanked or blocked; `undefined` where the registry does not say. */
  async state(scope: string, name: string, version: string): Promise<VersionState | undefined> {
    const found = await this.#find(`/api/scopes/${scope}/packages/${name}/versions/${version}`);
    return found && parse(found, "a version", this.origin) as VersionState;
  }

  /** Keys that the registry signs with, old ones too. */
  async keys(): Promise<readonly PublicKey[]> {
    return keyList(await this.json("/api/keys"), this.origin);
  }

  /** Keys of the publishers of a scope; none where the registry does not have the scope. */
  async publisherKeys(scope: string): Promise<readonly PublicKey[]> {
    const found = await this.#find(`/api/scopes/${scope}/keys`);
    return found ? keyList(parse(found, "keys", this.origin), this.origin) : [];
  }

  /** The log's signed head, and all entries up to it. */
  async log(): Promise<{ head: SignedHead; entries: LoggedEntry[] }> {
    const head = await this.json("/api/log/head") as SignedHead;
    const entries: LoggedEntry[] = [];
    while (entries.length < head.size) {
      const { entries: more } = await this.json(`/api/log?from=${entries.length}`) as {
        entries: LoggedEntry[];
      };
      if (more.length === 0) {
        throw new Error(
          `Cannot trust ${this.origin}: its log ends at ${entries.length} of ${head.size} entries`,
        );
      }
      entries.push(...more);
    }
    return { head, entries: entries.slice(0, head.size) };
  }

  /** An answer in JSON. @throws {Error} When there is none. */
  async json(path: string): Promise<unknown> {
    return parse(await this.bytes(path, MOST), path, this.origin);
  }

  /** An answer. @param most Most bytes: more is an error. @throws {Error} When there is none. */
  async bytes(path: string, most: number): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.#get(path);
    if (response.ok) return await readAtMost(response, most, this.origin + path);
    const text = await response.text();
    throw new Error(`Cannot read ${this.origin}${path}: ${messageOf(text, response.status)}`);
  }

  async #find(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const response = await this.#get(path);
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.ok) return await readAtMost(response, MOST, this.origin + path);
    throw new Error(
      `Cannot read ${this.origin}${path}: ${messageOf(await response.text(), response.status)}`,
    );
  }

  async #get(path: string): Promise<Response> {
    while (true) {
      let response: Response;
      try {
        response = await fetch(this.origin + path, {
          redirect: "error",
          signal: AbortSignal.timeout(LONGEST),
        });
      } catch (cause) {
        const denied = cause instanceof Deno.errors.NotCapable;
        throw new Error(
          `Cannot reach the registry ${this.origin}: ${denied ? cause.message : "is it running?"}`,
          { cause },
        );
      }
      const wait = Number(response.headers.get("retry-after"));
      if (response.status !== 429 || !(wait > 0 && wait <= 60)) return response;
      await response.body?.cancel();
      await new Promise((go) => setTimeout(go, wait * 1000));
    }
  }
}

/** All bytes of an answer. @throws {RangeError} When they are more than `most`. */
export async function readAtMost(
  response: Response,
  most: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > most) {
      throw new RangeError(
        `Cannot read ${what}: it is larger than the ${most} bytes that were announced or are allowed`,
      );
    }
    parts.push(part);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function parse(bytes: Uint8Array, what: string, origin: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${what} from ${origin}: it is no JSON; is that a registry?`, {
      cause,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new SyntaxError(`Cannot read ${what} from ${origin}: it is no object; is that a registry?`);
}

function keyList(value: unknown, origin: string): readonly PublicKey[] {
  const { keys } = value as { keys: unknown };
  const isKey = (key: Record<string, unknown> | null) =>
    key !== null && [key.id, key.publicKey, key.validFrom].every((part) => typeof part === "string") &&
    /^[A-Za-z0-9+/]{43}=$/.test(key.publicKey as string);
  if (Array.isArray(keys) && keys.every(isKey)) return keys as PublicKey[];
  throw new SyntaxError(
    `Cannot read the keys of ${origin}: they are not a list of keys; is that a registry?`,
  );
}

function messageOf(text: string, status: number): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // it is the text itself
  }
  return text.trim() === "" ? `it answers with status ${status}` : text.trim().slice(0, 500);
}
