/**
 * Everything below `/@` and `/-/`: packages as JSR clients read them, and as plain URLs: {@linkcode ModuleHost}.
 * @module
 */
import { findExports, findFile, findManifest, findMeta } from "../catalog/source.ts";
import { hasScope } from "../catalog/scopes.ts";
import { findVersion, resolveRange } from "../catalog/versions.ts";
import type { VersionManifest } from "../publish/version_manifest.ts";
import type { Registry } from "../registry.ts";
import { Downloads } from "./downloads.ts";
import { mediaType } from "./media_type.ts";
import { type Cached, ModuleCache } from "./module_cache.ts";
import { decodePath, type ModulePath, parseModulePath } from "./module_path.ts";
import { Refusal } from "./refusal.ts";

const SAFE = {
  "content-security-policy": "default-src 'none'; sandbox",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "cross-origin",
  "access-control-allow-origin": "*",
} as const;
const FOR_EVER = { "cache-control": "public, max-age=31536000, immutable", ...SAFE } as const;
const FOR_NOW = { "cache-control": "no-cache", ...SAFE } as const;

/** What has a page too is a page for browsers only. */
const BY_READER = { vary: "accept, sec-fetch-dest" } as const;

/** Serves modules. Nothing that it serves is HTML, and none of it can act as a page. */
export class ModuleHost implements Disposable {
  readonly #registry: Registry;
  readonly #cache: ModuleCache;
  readonly #downloads: Downloads;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#cache = new ModuleCache(registry);
    this.#downloads = new Downloads(registry.db);
  }

  /** An answer from memory, if there is one. @param path As in the URL. @param most Largest answer, bytes. */
  cached(path: string, most: number = Infinity): Response | undefined {
    const answer = this.#cache.get(path);
    if (!answer || answer.bytes > most) return undefined;
    if (answer.download !== undefined) this.#downloads.add(answer.download);
    return new Response(answer.body, { headers: answer.headers });
  }

  /**
   * The answer for a path, percent-encoded as in a URL.
   *
   * @throws {Refusal} When there is none.
   */
  async answer(path: string): Promise<Response> {
    const place = parseModulePath(decodePath(path));
    if (!place) {
      throw new Refusal(404, "notFound", `There is nothing at "${path}"; write "/@scope/name@range/file"`);
    }
    if (place.kind === "plain") return this.#redirect(place);
    const made = { ...this.#registry.revision };
    const answer = await this.#read(place);
    this.#cache.set(path, answer, made);
    if (answer.download !== undefined) this.#downloads.add(answer.download);
    return new Response(answer.body, { headers: answer.headers });
  }

  async #read(place: Exclude<ModulePath, { kind: "plain" }>): Promise<Cached> {
    const registry = this.#registry;
    const { scope, name } = place;
    const missing = (what: string) => new Refusal(404, "notFound", `There is no ${what} in this registry`);
    const json = { "content-type": "application/json; charset=utf-8" } as const;
    if (place.kind === "meta") {
      const meta = await findMeta(registry, scope, name);
      if (!meta) throw missing(`package @${scope}/${name}`);
      return {
        ...bodyOf(new TextEncoder().encode(JSON.stringify(meta))),
        headers: { ...json, ...FOR_NOW },
        holds: hasScope(registry, scope) ? "for now" : "not", // upstream has its own idea of how long
      };
    }
    const { version } = place;
    if (place.kind === "manifest") {
      const bytes = await findManifest(registry, scope, name, version);
      if (!bytes) throw missing(`version @${scope}/${name}@${version}`);
      const id = findVersion(registry, scope, name, version)?.id;
      return {
        ...bodyOf(bytes),
        headers: { ...json, ...FOR_EVER },
        holds: "forever",
        ...id !== undefined && { download: id },
      };
    }
    const bytes = await findFile(registry, scope, name, version, place.path, place.kind === "linked");
    if (!bytes) throw missing(`file "${place.path}" of @${scope}/${name}@${version}`);
    return {
      ...bodyOf(bytes),
      headers: { "content-type": mediaType(place.path), ...FOR_EVER },
      holds: "forever",
    };
  }

  /** To the exact version of a range, and from a subpath to its file. */
  async #redirect({ scope, name, range, path }: Extract<ModulePath, { kind: "plain" }>): Promise<Response> {
    const registry = this.#registry;
    const meta = await findMeta(registry, scope, name);
    const version = meta && resolveRange(meta, range);
    if (version === undefined) {
      throw new Refusal(
        404,
        "notFound",
        `There is no version of @${scope}/${name} in "${range}" in this registry`,
      );
    }
    const exports = await findExports(registry, scope, name, version) ?? {};
    const target = exports[path === "" ? "." : `.${path}`]?.slice(1) ?? path;
    const bytes = await findManifest(registry, scope, name, version);
    const { manifest } = JSON.parse(new TextDecoder().decode(bytes)) as VersionManifest;
    if (!Object.hasOwn(manifest, target)) {
      throw new Refusal(
        404,
        "notFound",
        `The version @${scope}/${name}@${version} has no export or file "${path || "."}"; it exports ${
          Object.keys(exports).join(", ")
        }`,
      );
    }
    const id = findVersion(registry, scope, name, version)?.id;
    if (id !== undefined) this.#downloads.add(id);
    return new Response(null, {
      status: 302,
      headers: { location: `/-/@${scope}/${name}@${version}${encodeURI(target)}`, ...FOR_NOW, ...BY_READER },
    });
  }

  /** Write down what was counted. */
  [Symbol.dispose](): void {
    this.#downloads[Symbol.dispose]();
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function bodyOf(bytes: Uint8Array<ArrayBuffer>): Pick<Cached, "body" | "bytes"> {
  try {
    return { body: utf8.decode(bytes), bytes: bytes.length };
  } catch {
    return { body: bytes, bytes: bytes.length }; // not text
  }
}

/** How a module host refuses: in plain text. */
export function refuseModule({ status, message, headers }: Refusal): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...FOR_NOW, ...headers },
  });
}
