/**
 * Packages of another registry: {@linkcode Upstream}.
 * @module
 */
import type { Analyser } from "../analysis/analyser.ts";
import { isModule } from "../analysis/analyse.ts";
import type { PackageMeta } from "../catalog/versions.ts";
import { linkImports } from "../publish/link.ts";
import type { VersionManifest } from "../publish/version_manifest.ts";
import { Refusal } from "../http/refusal.ts";
import type { BlobStore } from "../storage/blobs.ts";
import type { Database } from "../storage/database.ts";
import { sha256 } from "../storage/sha256.ts";

interface Parts {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly analyser: Analyser;
  readonly now: () => Date;
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

/** How long a list of versions is taken as it is, ms. */
const FRESH = 60_000;

/** Most bytes of a file of an upstream registry. */
const LARGEST = 32 * 2 ** 20;

/**
 * Reads packages of another registry and keeps what it read. A request to it carries nothing of the request that it is made for. Files
 * must have the checksums of their manifest. What cannot be reached is answered from what was kept, or refused with status 502; that
 * something is not there is not remembered.
 */
export class Upstream {
  /** Where it is, without a slash at the end. */
  readonly origin: string;
  readonly #parts: Parts;

  /** @throws {TypeError} When it is no URL of a server. */
  constructor(origin: string, parts: Parts) {
    const url = URL.parse(origin);
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.username || url.search) {
      throw new TypeError(`Cannot use "${origin}" as upstream registry; write it like "https://HOST/"`);
    }
    this.origin = url.origin;
    this.#parts = parts;
  }

  async #fetch(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let response: Response;
    try {
      response = await fetch(this.origin + path, {
        headers: { accept: "*/*" },
        redirect: "manual", // a registry answers itself; elsewhere is not what was configured
        credentials: "omit",
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      throw this.#failed(path, (error as Error).message);
    }
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    const location = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      throw this.#failed(path, `it redirects to "${location}", which is not followed; is --upstream right?`);
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw this.#failed(path, `it answered with status ${response.status}`);
    }
    const parts: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const part of response.body) {
        length += part.length;
        if (length > LARGEST) throw this.#failed(path, `the answer has more than ${LARGEST} bytes`);
        parts.push(part);
      }
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw this.#failed(path, `the answer ended early: ${(error as Error).message}`);
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #failed(path: string, why: string): Refusal {
    return new Refusal(502, "upstreamFailed", `Cannot read ${this.origin}${path}: ${why}; try again later`);
  }

  /** `meta.json` of a package. */
  async meta(scope: string, name: string): Promise<PackageMeta | undefined> {
    const { db, now } = this.#parts;
    const kept = db.get<{ meta: string; fetched_at: string }>(
      "SELECT meta, fetched_at FROM upstream_meta WHERE scope = ? AND name = ?",
      scope,
      name,
    );
    if (kept && now().getTime() - new Date(kept.fetched_at).getTime() < FRESH) return JSON.parse(kept.meta);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await this.#fetch(`/@${scope}/${name}/meta.json`);
    } catch (error) {
      if (kept && error instanceof Refusal) return JSON.parse(kept.meta); // what is known is better than nothing
      throw error;
    }
    if (!bytes) return undefined;
    const text = new TextDecoder().decode(bytes);
    const meta = this.#parse<PackageMeta>(`/@${scope}/${name}/meta.json`, text);
    if (!isObject(meta?.versions)) {
      throw this.#failed(`/@${scope}/${name}/meta.json`, "it has no versions");
    }
    db.run(
      "INSERT OR REPLACE INTO upstream_meta (scope, name, meta, fetched_at) VALUES (?, ?, ?, ?)",
      scope,
      name,
      text,
      now().toISOString(),
    );
    return meta;
  }

  #parse<T>(path: string, text: string): T {
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw this.#failed(path, (error as Error).message);
    }
  }

  /** The bytes of a version's manifest, as the upstream registry has them. */
  async manifest(scope: string, name: string, version: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { db, blobs } = this.#parts;
    const kept = db.get<{ manifest: string }>(
      "SELECT manifest FROM upstream_manifest WHERE scope = ? AND name = ? AND version = ?",
      scope,
      name,
      version,
    );
    if (kept) return blobs.get(kept.manifest);
    const path = `/@${scope}/${name}/${version}_meta.json`;
    const bytes = await this.#fetch(path);
    if (!bytes) return undefined;
    const found = this.#parse<VersionManifest | null>(path, new TextDecoder().decode(bytes));
    if (!isObject(found?.manifest) || !isObject(found?.exports)) {
      throw this.#failed(path, "it is no manifest");
    }
    db.run(
      "INSERT OR IGNORE INTO upstream_manifest (scope, name, version, manifest) VALUES (?, ?, ?, ?)",
      scope,
      name,
      version,
      await blobs.put(bytes),
    );
    return bytes;
  }

  /** The bytes of a file, which are checked against the manifest. */
  async file(
    scope: string,
    name: string,
    version: string,
    path: string,
    linked: boolean,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const manifest = await this.manifest(scope, name, version);
    if (!manifest) return undefined;
    const { manifest: files } = JSON.parse(new TextDecoder().decode(manifest)) as VersionManifest;
    const checksum = Object.hasOwn(files, path) ? files[path]!.checksum : undefined;
    if (checksum === undefined) return undefined;
    const { blobs } = this.#parts;
    const hash = checksum.replace(/^sha256-/, "");
    if (!/^[0-9a-f]{64}$/.test(hash)) throw this.#failed(path, `its checksum is "${checksum}"`);
    let bytes: Uint8Array<ArrayBuffer> | undefined;
    if (await blobs.has(hash)) {
      bytes = await blobs.get(hash);
    } else {
      const place = `/@${scope}/${name}/${version}${encodeURI(path)}`;
      if (new URL(this.origin + place).pathname !== place) {
        throw this.#failed(place, "the manifest has a path that leads elsewhere");
      }
      bytes = await this.#fetch(place);
      if (!bytes) throw this.#failed(place, "the file is in the manifest and is not there");
      if (sha256(bytes) !== hash) {
        throw this.#failed(place, "its bytes do not have the checksum in the manifest");
      }
      await blobs.put(bytes);
    }
    return linked && isModule(path) ? await this.#linked(path, hash, bytes) : bytes;
  }

  async #linked(
    path: string,
    hash: string,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { db, blobs, analyser } = this.#parts;
    const kept = db.get<{ linked: string }>("SELECT linked FROM upstream_linked WHERE sha256 = ?", hash);
    if (kept) return blobs.get(kept.linked);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const facts = (await analyser.analyse([[path, text]])).get(path)!;
    const linked = new TextEncoder().encode(linkImports(text, facts.imports));
    db.run(
      "INSERT OR IGNORE INTO upstream_linked (sha256, linked) VALUES (?, ?)",
      hash,
      await blobs.put(linked),
    );
    return linked;
  }
}
