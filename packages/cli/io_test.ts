import assert from "node:assert/strict";
import { memoryIo, OutputClosedError, screenOf } from "./io.ts";

Deno.test("memoryIo() keeps results and messages apart", () => {
  const io = memoryIo();
  io.out("a");
  io.err("b");
  io.out("c");
  assert.deepEqual([io.stdout, io.stderr], ["ac", "b"]);
  assert.deepEqual([io.outScreen.terminal, io.errScreen.terminal, io.color], [false, false, false]);
});

Deno.test("memoryIo() sends signals until nobody listens", () => {
  const io = memoryIo();
  const got: string[] = [];
  const stop = io.onSignal((signal) => void got.push(signal));
  io.send("SIGINT");
  io.send("SIGTERM");
  stop();
  io.send("SIGINT");
  assert.deepEqual(got, ["SIGINT", "SIGTERM"]);
});

Deno.test("OutputClosedError has the failed write as its cause", () => {
  const cause = new Error("Broken pipe");
  assert.equal(new OutputClosedError(cause).cause, cause);
});

Deno.test("screenOf() takes a size of 0 for one that is not known", () => {
  const terminal = { isTerminal: () => true };
  const sizes = [[0, 0], [0, 50], [132, 0], [132, 50]].map(([columns, rows]) =>
    screenOf(terminal, () => ({ columns: columns!, rows: rows! }))
  );
  assert.deepEqual(sizes.map(({ columns, rows }) => [columns, rows]), [[80, 24], [80, 50], [132, 24], [
    132,
    50,
  ]]);
  const none = () => {
    throw new Error("asked for the size of what is no terminal");
  };
  assert.deepEqual(screenOf({ isTerminal: () => false }, none), { terminal: false, columns: 100, rows: 24 });
});
