/**
 * Answers of the module host in memory: {@linkcode ModuleCache}.
 * @module
 */
import type { Registry } from "../registry.ts";

/** An answer that can be given again. */
export interface Cached {
  /** Text where it is UTF-8: Deno sends that a fifth faster. */
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Of the body. */
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it holds for ever, unless its version is blocked; for now, until something is published; or not at all. */
  readonly holds: "forever" | "for now" | "not";
  /** Version that this is a download of. */
  readonly download?: number;
}

/** How often other processes' changes are looked for, ms. */
const LOOK = 200;

/** Answers by path, the oldest dropped first when there are too many bytes. What changed is dropped before the next answer. */
export class ModuleCache {
  readonly #registry: Pick<Registry, "db" | "revision">;
  readonly #most: number;
  readonly #answers = new Map<string, Cached>();
  #bytes = 0;
  #versions = 0;
  #blocks = 0;
  #others: number;
  #looked = 0;

  /** @param most Bytes to keep. */
  constructor(registry: Pick<Registry, "db" | "revision">, most: number = 64 * 2 ** 20) {
    this.#registry = registry;
    this.#most = most;
    this.#others = registry.db.version;
  }

  #forget(all: boolean): void {
    for (const [path, { bytes, holds }] of this.#answers) {
      if (holds === "forever" && !all) continue;
      this.#answers.delete(path);
      this.#bytes -= bytes;
    }
  }

  #catchUp(): void {
    const { versions, blocks } = this.#registry.revision;
    if (blocks !== this.#blocks || versions !== this.#versions) {
      this.#forget(blocks !== this.#blocks);
      this.#blocks = blocks;
      this.#versions = versions;
    }
    const now = performance.now();
    if (now - this.#looked < LOOK) return;
    this.#looked = now;
    const { version } = this.#registry.db;
    if (version !== this.#others) this.#forget(true);
    this.#others = version;
  }

  /** The answer for a path. */
  get(path: string): Cached | undefined {
    this.#catchUp();
    return this.#answers.get(path);
  }

  /** Keep an answer that was made when `revision` stood at these counts; not if something changed since. */
  set(path: string, answer: Cached, made: Registry["revision"]): void {
    const { versions, blocks } = this.#registry.revision;
    if (made.versions !== versions || made.blocks !== blocks || this.#answers.has(path)) return;
    if (answer.holds === "not" || answer.bytes > this.#most / 16) return;
    this.#answers.set(path, answer);
    this.#bytes += answer.bytes;
    for (const [oldest, { bytes }] of this.#answers) {
      if (this.#bytes <= this.#most) break;
      this.#answers.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}
