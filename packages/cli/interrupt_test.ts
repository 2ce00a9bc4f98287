import assert from "node:assert/strict";
import { InterruptedError } from "./errors.ts";
import { interruptible } from "./interrupt.ts";
import { memoryIo } from "./io.ts";

Deno.test("interruptible() gives what the work gives, and listens no longer", async () => {
  const io = memoryIo();
  assert.equal(await interruptible(io, async () => 7), 7);
  io.send("SIGINT");
  io.send("SIGINT"); // would exit
});

Deno.test("interruptible() aborts at the first signal and waits until the work has cleaned up", async () => {
  const io = memoryIo();
  let cleaned = false;
  const done = interruptible(io, async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await new Promise((resolve) => setTimeout(resolve, 5));
    cleaned = true;
    signal.throwIfAborted();
  });
  io.send("SIGTERM");
  await assert.rejects(done, (error) => error instanceof InterruptedError && error.signal === "SIGTERM");
  assert.ok(cleaned);
});

Deno.test("interruptible() ends the process at the second signal", async () => {
  const io = memoryIo();
  const { promise, resolve } = Promise.withResolvers<void>();
  let now = 500;
  const done = interruptible(io, () => promise, () => now);
  io.send("SIGINT");
  now += 1000;
  assert.throws(() => io.send("SIGINT"), /Exit 130/);
  resolve();
  await assert.rejects(done, InterruptedError);
});

Deno.test("interruptible() takes a SIGINT within a second of the first for the same, but no other signal", async () => {
  const io = memoryIo();
  const { promise, resolve } = Promise.withResolvers<void>();
  let now = 500;
  const done = interruptible(io, () => promise, () => now);
  io.send("SIGINT");
  io.send("SIGINT");
  now += 999;
  io.send("SIGINT");
  assert.throws(() => io.send("SIGTERM"), /Exit 143/);
  resolve();
  await assert.rejects(done, InterruptedError);
});

Deno.test("interruptible() takes an error that wraps the interruption for it", async () => {
  const io = memoryIo();
  const done = interruptible(io, async (signal) => {
    io.send("SIGINT");
    throw new Error("Plugin failed", { cause: signal.reason });
  });
  await assert.rejects(done, InterruptedError);
});

Deno.test("interruptible() passes on what fails, also while it is interrupted", async () => {
  const io = memoryIo();
  await assert.rejects(
    interruptible(io, async () => {
      throw new TypeError("broken");
    }),
    TypeError,
  );
  const cleanup = interruptible(io, async () => {
    io.send("SIGINT");
    throw new TypeError("Cannot remove the folder");
  });
  await assert.rejects(cleanup, /Cannot remove the folder/);
});
