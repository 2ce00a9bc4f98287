import assert from "node:assert/strict";
import { type Ahead, inTurn } from "./_ahead.ts";
import { Account } from "../data/buffer_pool.ts";
import { put, three, withStore } from "./_store_testing.ts";

/** Numbers that come when they are told to; `depth` of them ahead. */
function numbers(depth: number, fails: (k: number, times: number) => Error | undefined = () => undefined) {
  const begun: number[] = [], dropped: number[] = [];
  const ahead: Ahead<number> = {
    begin: async (k) => {
      const times = begun.filter((at) => at === k).length;
      begun.push(k);
      // Later ones come first.
      for (let turn = 20 - k; turn > 0; turn--) await undefined;
      const error = fails(k, times);
      if (error) throw error;
      return k;
    },
    more: (underWay) => underWay < depth,
    drop: (k) => void dropped.push(k),
    again: (error) => error instanceof RangeError,
  };
  return { ahead, begun, dropped };
}

Deno.test("what is begun ahead comes in order, each once", async () => {
  for (const depth of [0, 1, 2, 5, 100]) {
    const { ahead, begun, dropped } = numbers(depth);
    const order = [3, 4, 5, 6, 7, 8, 9];
    assert.deepEqual(await Array.fromAsync(inTurn(3, 10, ahead)), order);
    assert.deepEqual([begun, dropped], [order, []]);
  }
});

Deno.test("no more is begun than was allowed, and what nobody takes is dropped", async () => {
  const { ahead, begun, dropped } = numbers(3);
  for await (const k of inTurn(0, 10, ahead)) if (k === 1) break;
  assert.deepEqual(begun, [0, 1, 2, 3]);
  assert.deepEqual(dropped, [2, 3]);
});

Deno.test("a failure ahead is told in its turn", async () => {
  const { ahead, dropped } = numbers(4, (k) => k === 2 ? new SyntaxError("Damaged") : undefined);
  const taken: number[] = [];
  await assert.rejects(async () => {
    for await (const k of inTurn(0, 10, ahead)) taken.push(k);
  }, /Damaged/);
  assert.deepEqual([taken, dropped], [[0, 1], [3, 4, 5]]);
});

Deno.test("what found no room ahead is begun again when nothing else is under way", async () => {
  const { ahead, begun, dropped } = numbers(
    3,
    (k, times) => k === 1 && times === 0 ? new RangeError("Full") : undefined,
  );
  assert.deepEqual(await Array.fromAsync(inTurn(0, 5, ahead)), [0, 1, 2, 3, 4]);
  assert.deepEqual(begun.filter((k) => k === 1).length, 2);
  assert.deepEqual(dropped, [2, 3]);
  const never = numbers(3, (k) => k === 1 ? new RangeError("Full") : undefined);
  await assert.rejects(Array.fromAsync(inTurn(0, 5, never.ahead)), /Full/);
});

Deno.test("chunks that were read ahead and not taken are no longer charged", () =>
  withStore(async (store) => {
    const result = await put(store, three());
    const account = new Account();
    for await (const chunk of result.read({ account, ahead: () => true })) {
      chunk.release();
      break;
    }
    assert.equal(account.used, 0);
    const one = new Account();
    for await (using _ of result.read({ account: one })); // one at a time
    const small = new Account(one.peak);
    let rows = 0;
    for await (using chunk of result.read({ account: small, ahead: () => true })) rows += chunk.length;
    assert.equal(small.used, 0);
    assert.ok(rows > 0);
  }));
