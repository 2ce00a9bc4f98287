// State as bytes: plain data comes back as it was, anything else is refused with its place.
import assert from "node:assert/strict";
import { stateBytes, stateFrom } from "./state_bytes.ts";

Deno.test("plain data comes back as it was", () => {
  const shared = new Float64Array(new SharedArrayBuffer(16)).fill(2.5), bytes = new Uint8Array(8);
  const again = { twice: 1 };
  const state = {
    numbers: [-0, NaN, Infinity, 1e300, 1n, -(2n ** 70n), undefined, null, true, "text \u{1f600}", , 3],
    map: new Map<unknown, unknown>([[{ a: 1 }, new Set([1n])], ["k", again], [Object.create(null), again]]),
    arrays: [new BigInt64Array([1n]), new Float16Array([0.5]), bytes.subarray(0, 4), bytes.subarray(4)],
    view: new Uint8Array(1000).fill(7).subarray(5, 8),
    date: new Date(5),
    shared,
  };
  const back = stateFrom(stateBytes(state)) as typeof state;
  assert.deepEqual(back, { ...state, shared: new Float64Array([2.5, 2.5]), map: back.map });
  assert.deepEqual([...back.map.values()], [...state.map.values()]);
  assert.equal(back.map.get("k"), [...back.map.values()][2], "one object is one object");
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const circles = stateFrom(stateBytes(circle)) as typeof circle;
  assert.equal(circles.self, circles);
});

Deno.test("what the bytes would make something else of is refused with its place", () => {
  class Counter {}
  class Table extends Map {}
  const memory = new ArrayBuffer(16);
  for (
    const [state, message] of [
      [{ a: [1, () => 1] }, "state.a[1] is a function"],
      [new Map([[1, { of: Symbol() }]]), "state.get(1).of is a symbol"],
      [new Map([[Object.create(null), new Counter()]]), "state.get(...) is a Counter"],
      [new Set([new Counter()]), "an item of state is a Counter"],
      [new Map([[new Counter(), 1]]), "a key of state is a Counter"],
      [{ a: new Table() }, "state.a is a Table"],
      [{ a: { [Symbol("x")]: 1 } }, "state.a is an object with symbols as keys"],
      [
        [new Uint8Array(memory), new Uint32Array(memory, 8)],
        "state[1] is over bytes of another array of the state",
      ],
      [{ memory, view: new Uint8Array(memory) }, "state.view is over bytes of another array of the state"],
      [new SharedArrayBuffer(1), "state is a SharedArrayBuffer"],
      [[/x/, 1], "state[0] is a RegExp"],
    ] as const
  ) {
    assert.throws(
      () => stateBytes(state),
      (error: Error) => error.message.includes(`but ${message}: state`),
      message,
    );
  }
});
