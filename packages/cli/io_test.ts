import assert from "node:assert/strict";
import { memoryIo, OutputClosedError } from "./io.ts";

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
