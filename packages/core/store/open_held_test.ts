import assert from "node:assert/strict";
import { KEY, put, readAll, three, withStore } from "./_store_testing.ts";
import { openHeld } from "./open_held.ts";

Deno.test("openHeld() opens again what was replaced before it was held, and then nobody takes it away", () =>
  withStore(async (store) => {
    await put(store, three());
    for (const times of [0, 1, 9]) {
      let left = times;
      using opened = await openHeld(async () => {
        const result = await store.open(KEY);
        if (left-- > 0) await put(store, three());
        return result;
      });
      const { result } = opened!;
      assert.equal(result.meta.id, (await store.open(KEY))!.meta.id);
      await put(store, three()); // replaced: it lies aside
      assert.equal((await readAll(result)).length, 3);
    }
  }));

Deno.test("openHeld() gives a result up that is replaced each time, and says so", () =>
  withStore(async (store) => {
    await put(store, three());
    let opened = 0;
    await assert.rejects(
      openHeld(async () => {
        opened++;
        const result = await store.open(KEY);
        await put(store, three());
        return result;
      }),
      {
        name: "ResultChangedError",
        message:
          "Cannot open run_7/hits: each of 10 times it was replaced or removed before it could be held; try again when fewer write it",
      },
    );
    assert.equal(opened, 10);
  }));

Deno.test("openHeld() finds nothing where a result was removed before it was held, and lets other errors pass", () =>
  withStore(async (store) => {
    await put(store, three());
    const opened = await openHeld(async () => {
      const result = await store.open(KEY);
      if (result) await store.remove((await store.list())[0]!);
      return result;
    });
    assert.equal(opened, undefined);
    const broken = { ...(await put(store, three())), hold: () => Promise.reject(new Error("a disk fails")) };
    await assert.rejects(openHeld(() => Promise.resolve(broken)), { message: "a disk fails" });
  }));

Deno.test("openHeld() lets go of its result when it is disposed of", () =>
  withStore(async (store) => {
    await put(store, three());
    const [summary] = await store.list();
    {
      using _opened = await openHeld(() => store.open(KEY));
      await assert.rejects(store.remove(summary!), { name: "ResultInUseError" });
    }
    await store.remove(summary!);
  }));
