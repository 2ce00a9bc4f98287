import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeError, encodeError } from "./error_data.ts";

const crossed = (thrown: unknown) => decodeError(structuredClone(encodeError(thrown)));

Deno.test("errors of built-in classes keep class, message, stack and cause", () => {
  const classes = [Error, TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError];
  fc.assert(fc.property(fc.constantFrom(...classes), fc.string(), fc.jsonValue(), (Class, message, cause) => {
    const thrown = new Class(message, { cause });
    const back = crossed(thrown) as Error;
    assert.equal(back.constructor, Class);
    assert.deepEqual([back.name, back.message, back.stack], [thrown.name, message, thrown.stack]);
    assert.deepEqual(back.cause, cause);
    assert.deepEqual(Object.keys(back), []);
  }));
});

Deno.test("values that are no errors come back equal", () => {
  fc.assert(fc.property(fc.anything({ withBigInt: true, withDate: true, withTypedArray: true }), (value) => {
    assert.deepEqual(crossed(value), structuredClone(value));
  }));
});

Deno.test("errors that cause themselves end", () => {
  const error = new Error("a");
  error.cause = error;
  let depth = 0;
  for (let at: unknown = crossed(error); at instanceof Error; at = at.cause) depth++;
  assert(depth > 3 && depth < 20);
});

Deno.test("what can't be cloned is described, also in properties and causes", () => {
  assert.match((crossed(() => 1) as Error).message, /cannot be cloned: \[Function/);
  const error = Object.assign(new Error("a", { cause: Symbol("s") }), { code: 7, call: () => 1 });
  const back = crossed(error) as Error & { code: number };
  assert.equal(back.code, 7);
  assert(!("call" in back));
  assert.match((back.cause as Error).message, /Symbol\(s\)/);
});

Deno.test("frames of this side follow those of the other", () => {
  const back = decodeError(encodeError(new Error("a")), "\n    at here") as Error;
  assert.match(back.stack!, /error_data_test[^]*\n +at here$/);
});

Deno.test("an error that throws when it is read is described", () => {
  const error = Object.defineProperty(new Error("a"), "message", {
    get() {
      throw new RangeError("hidden");
    },
  });
  assert.match((crossed(error) as Error).message, /an error that throws when it is read: RangeError: hidden/);
});
