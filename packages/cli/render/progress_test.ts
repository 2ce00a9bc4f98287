import assert from "node:assert/strict";
import { memoryIo } from "../io.ts";
import { Progress } from "./progress.ts";

const MB = 2 ** 20;

Deno.test("Progress writes a line every five seconds where there is no terminal", () => {
  let now = 100;
  const io = memoryIo();
  const progress = new Progress(io, "run_7", () => now);
  for (now = 200; now <= 12_100; now += 100) progress.update((now - 100) / 12_000 * 10 * MB, 10 * MB);
  progress.end();
  const lines = io.stderr.split("\n");
  assert.equal(lines.length, 3);
  assert.match(lines[0]!, /^run_7: 41 % of 10 MiB, 853\.\d+ KiB\/s, 7 s left$/);
  assert.match(lines[1]!, /^run_7: 83 % of 10 MiB/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(io.stderr, /[\x1b\r]/);
});

Deno.test("Progress draws over one line on a terminal at most ten times a second and clears it", () => {
  let now = 0;
  const io = memoryIo({ errScreen: { terminal: true, columns: 40 } });
  const progress = new Progress(io, "run_7", () => now);
  for (now = 10; now <= 1000; now += 10) progress.update(now, 1000);
  const drawn = io.stderr.split("\r\x1b[2K").slice(1);
  assert.equal(drawn.length, 10);
  for (const line of drawn) assert.ok([...line].length <= 39, line);
  assert.ok(!io.stderr.includes("\n"));
  progress.end();
  assert.ok(io.stderr.endsWith("\r\x1b[2K"));
  const before = io.stderr;
  progress.end();
  assert.equal(io.stderr, before);
});

Deno.test("Progress has a bar of ASCII where nothing else can be shown", () => {
  let now = 0;
  const io = memoryIo({ errScreen: { terminal: true, columns: 200 }, unicode: false });
  const progress = new Progress(io, "r", () => now);
  now = 1000;
  progress.update(50, 100);
  assert.equal(io.stderr, "\r\x1b[2Kr: ############............ 50 % of 100 B, 50 B/s, 1 s left");
});

Deno.test("Progress tells what was read where the whole is not known", () => {
  let now = 0;
  const io = memoryIo();
  const progress = new Progress(io, "socket", () => now);
  now = 10_000;
  progress.update(5 * MB, 0);
  assert.equal(io.stderr, "socket: 5 MiB, 512 KiB/s\n");
});

Deno.test("Progress never shows more than everything", () => {
  let now = 0;
  const io = memoryIo();
  const progress = new Progress(io, "r", () => now);
  now = 10_000;
  progress.update(0, 100);
  now = 20_000;
  progress.update(150, 100);
  assert.match(io.stderr, /^r: 0 % of 100 B, 0 B\/s\nr: 100 % of 100 B, 7.5 B\/s, 0 ms left\n$/);
});
