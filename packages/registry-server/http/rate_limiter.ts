/**
 * How often somebody may ask: {@linkcode RateLimiter}.
 * @module
 */
import type { Limits } from "../config/limits.ts";
import { Refusal } from "./refusal.ts";

/** Most keys that are remembered. */
const KEYS = 10_000;

/** Token buckets by key: `burst` requests at once, `rate` a second on average. O(1) a request. */
export class RateLimiter {
  readonly #limits: Pick<Limits, "rate" | "burst">;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  /** @param now A clock in ms. */
  constructor(limits: Pick<Limits, "rate" | "burst">, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Count a request. @throws {Refusal} With status 429 and `Retry-After` when there were too many. */
  take(key: string): void {
    const { rate, burst } = this.#limits;
    const at = this.#now();
    const bucket = this.#buckets.get(key) ?? { left: burst, at };
    const left = Math.min(burst, bucket.left + (at - bucket.at) / 1000 * rate);
    if (left < 1) {
      const seconds = Math.max(1, Math.ceil((1 - left) / rate));
      throw new Refusal(
        429,
        "tooManyRequests",
        `There were too many requests; wait ${seconds} s`,
        {},
        { "retry-after": String(seconds) },
      );
    }
    this.#buckets.delete(key); // to the end: the first key is the one that was silent longest
    this.#buckets.set(key, { left: left - 1, at });
    if (this.#buckets.size > KEYS) this.#buckets.delete(this.#buckets.keys().next().value!);
  }
}
