import assert from "node:assert/strict";
import { Random } from "./random.ts";

/** The reference form of xoshiro128** on a given state, with bigints. */
function reference(state: bigint[]): () => number {
  const mask = 0xffffffffn;
  const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
  return () => {
    const [a, b, c, d] = state as [bigint, bigint, bigint, bigint];
    const result = rotl((b * 5n) & mask, 7n) * 9n & mask;
    const t = (b << 9n) & mask;
    let [w, x, y, z] = [a, b, c ^ a, d ^ b];
    x ^= y;
    w ^= z;
    y ^= t;
    z = rotl(z, 11n);
    state.splice(0, 4, w, x, y, z);
    return Number(result);
  };
}

/** SplitMix32's output function, with bigints. */
function filled(seed: number): bigint[] {
  const mask = 0xffffffffn;
  let z = BigInt(seed);
  return Array.from({ length: 4 }, () => {
    z = (z + 0x9e3779b9n) & mask;
    let x = z;
    x = ((x ^ (x >> 16n)) * 0x21f0aaadn) & mask;
    x = ((x ^ (x >> 15n)) * 0x735a2d97n) & mask;
    return x ^ (x >> 15n);
  });
}

Deno.test("Random is xoshiro128** from a SplitMix32 state", () => {
  for (const seed of [0, 1, 12345, 0xffffffff]) {
    const random = new Random(seed), next = reference(filled(seed));
    for (let i = 0; i < 1000; i++) assert.equal(random.uint32(), next());
  }
});

Deno.test("Random.fill() gives the halves of what uint32() gives, and goes on from there", () => {
  for (const n of [0, 1, 2, 9, 400]) {
    const filling = new Random(11), asked = new Random(11);
    const out = new Uint16Array(n + 1);
    filling.fill(out, n);
    for (let i = 0; i < n; i += 2) {
      const word = asked.uint32();
      assert.equal(out[i], word & 0xffff);
      if (i + 1 < n) assert.equal(out[i + 1], word >>> 16);
    }
    assert.equal(out[n], 0);
    assert.equal(filling.uint32(), asked.uint32());
  }
});

Deno.test("Random gives other numbers for other seeds, above 32 bits too", () => {
  const first = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1].map((seed) => new Random(seed).uint32());
  assert.equal(new Set(first).size, first.length);
});

Deno.test("Random's distributions have their moments", () => {
  const random = new Random(5), n = 100_000;
  const moments = (draw: () => number): [number, number] => {
    let sum = 0, squares = 0;
    for (let i = 0; i < n; i++) {
      const x = draw();
      sum += x, squares += x * x;
    }
    return [sum / n, squares / n - (sum / n) ** 2];
  };
  const near = ([mean, variance]: [number, number], wantMean: number, wantVariance: number): void => {
    assert(Math.abs(mean - wantMean) < 0.02, `mean ${mean}`);
    assert(Math.abs(variance - wantVariance) < 0.03, `variance ${variance}`);
  };
  near(moments(() => random.uniform()), 0.5, 1 / 12);
  near(moments(() => random.exponential()), 1, 1);
  near(moments(() => random.normal()), 0, 1);
  near(moments(() => random.below(3)), 1, 2 / 3);
});

Deno.test("Random refuses a seed that is none", () => {
  for (const seed of [-1, 0.5, 2 ** 53, NaN]) {
    assert.throws(() => new Random(seed), /RangeError.*a seed is a whole number/);
  }
});
