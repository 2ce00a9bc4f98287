import assert from "node:assert/strict";
import fc from "fast-check";
import { endShare, holdsSpans, type MemoryShare, newShare, Spans } from "./memory_share.ts";

const SPAN = 2 ** 22;

Deno.test("spans of several threads are disjoint, as low as possible, and are given back", () => {
  const actions = fc.array(
    fc.record({ who: fc.nat(3), bytes: fc.integer({ min: 1, max: 5 * SPAN }), ends: fc.nat(5) }),
  );
  fc.assert(fc.property(actions, (actions) => {
    const first = newShare();
    const shares = [first, newShare(first), newShare(first), newShare(first)];
    assert.equal(new Set(shares.map(({ owner }) => owner)).size, 4);
    let taken: { who: number; start: number; end: number }[] = [];
    for (const { who, bytes, ends } of actions) {
      if (ends === 0) {
        endShare(shares[who]!);
        taken = taken.filter((other) => other.who !== who);
      } else {
        const [start, end] = new Spans(shares[who]!).claim(bytes)!;
        assert.ok(start % SPAN === 0 && end - start === Math.ceil(bytes / SPAN) * SPAN);
        assert.ok(taken.every((other) => other.end <= start || other.start >= end));
        for (const at of [0, ...taken.map((other) => other.end)]) {
          if (at >= start) continue;
          const inTheWay = taken.some((other) => at < other.end && other.start < at + end - start);
          assert.ok(inTheWay, `${end - start} bytes have room at ${at}, not only at ${start}`);
        }
        taken.push({ who, start, end });
      }
      shares.forEach((share, k) => assert.equal(holdsSpans(share), taken.some((other) => other.who === k)));
    }
  }));
});

Deno.test("Spans.claim() gives nothing where there is no room for all of it", () => {
  const share = newShare(), spans = new Spans(share), other = new Spans(newShare(share));
  assert.equal(spans.claim(2 ** 32 + 1), undefined);
  const [, end] = spans.claim(2 ** 31)!;
  assert.deepEqual(other.claim(2 ** 31), [end, 2 ** 32]);
  assert.equal(spans.claim(1), undefined);
  other.giveBack(end, end + SPAN);
  assert.equal(spans.claim(SPAN + 1), undefined);
  assert.deepEqual(spans.claim(SPAN), [end, end + SPAN]);
});

Deno.test("Spans.wholeBetween() gives what lies wholly between two addresses", () => {
  const spans = new Spans(newShare());
  assert.equal(spans.wholeBetween(1, SPAN), undefined);
  assert.equal(spans.wholeBetween(SPAN, 2 * SPAN - 1), undefined);
  assert.deepEqual(spans.wholeBetween(1, 3 * SPAN + 1), [SPAN, 3 * SPAN]);
});

Deno.test("threads that claim at once never have a span in common", async () => {
  const source = `
    import { Spans } from ${JSON.stringify(import.meta.resolve("./memory_share.ts"))};
    self.onmessage = ({ data: { share, go } }) => {
      const spans = new Spans(share), mine = [];
      Atomics.wait(go, 0, 0, 5000);
      for (let round = 0; round < 2000; round++) {
        const got = spans.claim(1 + (round * 7919) % ${3 * SPAN});
        if (got) mine.push(got);
        if (mine.length > 20 || !got) spans.giveBack(...mine.shift());
      }
      self.postMessage(mine);
    };
  `;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const first = newShare(), go = new Int32Array(new SharedArrayBuffer(4));
  const shares: MemoryShare[] = [newShare(first), newShare(first), newShare(first)];
  const workers = shares.map(() => new Worker(url, { type: "module" }));
  try {
    const all = Promise.all(workers.map((worker, k) =>
      new Promise<[number, number][]>((resolve, reject) => {
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        };
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage({ share: shares[k], go });
      })
    ));
    await new Promise((resolve) => setTimeout(resolve, 100));
    Atomics.store(go, 0, 1);
    Atomics.notify(go, 0);
    const owners = new Map<number, number>();
    for (const [k, mine] of (await all).entries()) {
      for (const [start, end] of mine) {
        for (let at = start; at < end; at += SPAN) {
          assert.ok(!owners.has(at), `two threads have the span at ${at}`);
          owners.set(at, k);
          assert.equal(first.spans[1 + at / SPAN], shares[k]!.owner);
        }
      }
    }
    assert.equal(first.spans.subarray(1).filter((owner) => owner !== 0).length, owners.size);
  } finally {
    for (const worker of workers) worker.terminate();
    URL.revokeObjectURL(url);
  }
});
