import assert from "node:assert/strict";
import { PipelineError } from "@millrace/core/errors";
import { describeError, exitCodeOf, InterruptedError, usage, UsageError } from "./errors.ts";
import { OutputClosedError } from "./io.ts";

Deno.test("describeError() leaves causes out that the message has told already", () => {
  const cause = new SyntaxError('Cannot read "a.BIN" at byte 7: cut off');
  assert.equal(
    describeError(new Error(`Plugin "raw_files" failed: ${cause.message}`, { cause })),
    'Plugin "raw_files" failed: Cannot read "a.BIN" at byte 7: cut off',
  );
});

Deno.test("describeError() tells a chain of causes, each once", () => {
  const root = new Error("disk on fire");
  const middle = new Error("Cannot read: disk on fire", { cause: root });
  const text = describeError(new Error("Cannot run", { cause: middle }));
  assert.equal(text, "Cannot run\n  because: Cannot read: disk on fire");
});

Deno.test("describeError() tells every error of several", () => {
  const error = new AggregateError(
    [new Error("one"), new RangeError("two"), "three"],
    "Cannot write 3 files",
  );
  assert.equal(
    describeError(error),
    "Cannot write 3 files\n  because: one\n  because: two\n  because: three",
  );
});

Deno.test("describeError() ends where causes go round", () => {
  const a = new Error("a"), b = new Error("b", { cause: a });
  a.cause = b;
  assert.equal(describeError(a), "a\n  because: b");
});

Deno.test("describeError() has stacks only for debugging", () => {
  const error = new Error("outer", { cause: new TypeError("inner") });
  assert.doesNotMatch(describeError(error), /errors_test/);
  const text = describeError(error, { debug: true });
  assert.equal(text.match(/errors_test\.ts/g)?.length! >= 2, true);
  assert.ok(text.startsWith("outer\n"));
});

Deno.test("describeError() says where a plugin of the user's failed, but not where one of ours did", () => {
  const info = { plugin: "mine", runId: "run_7", chunkIndex: 0, start: 0n, end: 9n };
  const cause = new TypeError("x is undefined");
  cause.stack =
    "TypeError: x is undefined\n    at far (file:///lib/a.ts:1:1)\n    at c (file:///home/mine.ts:27:30)\n";
  const mine = new PipelineError({ ...info, module: "file:///home/mine.ts" }, cause);
  assert.equal(describeError(mine), `${mine.message}\n  at file:///home/mine.ts:27:30`);
  const ours = new PipelineError({ ...info, module: import.meta.url }, new Error("x"));
  assert.equal(describeError(ours), ours.message);
});

Deno.test("describeError() tells what is no error, and an error without message", () => {
  assert.equal(describeError("thrown text"), "thrown text");
  assert.equal(describeError(new TypeError()), "TypeError");
});

Deno.test("exitCodeOf() tells usage, failure, signals and closed output apart", () => {
  const errors = [
    new Error("x"),
    new UsageError("x"),
    new InterruptedError("SIGINT"),
    new InterruptedError("SIGTERM"),
    new InterruptedError("SIGHUP"),
    new OutputClosedError(undefined),
    "text",
  ];
  assert.deepEqual(errors.map(exitCodeOf), [1, 2, 130, 143, 129, 141, 1]);
});

Deno.test("an interruption says what is left, and of nothing that it was removed", () => {
  assert.equal(new InterruptedError("SIGINT").message, "Interrupted by SIGINT: nothing of this run is kept");
  assert.equal(new InterruptedError("SIGTERM", "all is kept").message, "Interrupted by SIGTERM: all is kept");
});

Deno.test("usage() keeps message and cause", () => {
  const cause = new RangeError("Too many");
  assert.equal(usage(() => 7), 7);
  assert.throws(() =>
    usage(() => {
      throw cause;
    }), (error) => error instanceof UsageError && error.message === "Too many" && error.cause === cause);
});
