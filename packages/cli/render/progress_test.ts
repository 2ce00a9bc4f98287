import assert from "node:assert/strict";
import type { PluginMetrics } from "@millrace/core/context";
import { memoryIo } from "../io.ts";
import { Progress } from "./progress.ts";

const MB = 2 ** 20;

const at = (done: number, total: number) => ({ done, total, until: undefined });

Deno.test("Progress writes a line every five seconds where there is no terminal", () => {
  let now = 100;
  const io = memoryIo();
  const progress = new Progress(io, "run_7", () => now);
  for (now = 100; now <= 12_100; now += 100) progress.update(at((now - 100) / 12_000 * 10 * MB, 10 * MB));
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
  const io = memoryIo({ errScreen: { terminal: true, columns: 40, rows: 24 } });
  const progress = new Progress(io, "run_7", () => now);
  for (now = 0; now <= 1000; now += 10) progress.update(at(now, 1000));
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
  const io = memoryIo({ errScreen: { terminal: true, columns: 200, rows: 24 }, unicode: false });
  const progress = new Progress(io, "r", () => now);
  progress.update(at(0, 100));
  now = 1000;
  progress.update(at(50, 100));
  assert.equal(io.stderr, "\r\x1b[2Kr: ############............ 50 % of 100 B, 50 B/s, 1 s left");
});

Deno.test("Progress leaves the bar out where there is room for the numbers only", () => {
  let now = 0;
  const io = memoryIo({ errScreen: { terminal: true, columns: 50, rows: 24 } });
  const progress = new Progress(io, "run_7", () => now);
  progress.update(at(0, 1000 * MB));
  now = 1000;
  progress.update(at(100 * MB, 1000 * MB));
  assert.equal(io.stderr, "\r\x1b[2Krun_7: 10 % of 1000 MiB, 100 MiB/s, 9 s left");
});

Deno.test("Progress tells up to which time results are made where the whole is not known", () => {
  let now = 0;
  const io = memoryIo();
  const progress = new Progress(io, "socket", () => now);
  now = 10_000;
  progress.update(undefined);
  now = 20_000;
  progress.update({ done: 0, total: 0, until: 2_500_000_000_000n });
  now = 40_000;
  progress.update({ done: 10 * MB, total: 0, until: 5_000_000_000_000n });
  assert.equal(
    io.stderr,
    "socket: starting\nsocket: up to 2.5 s\nsocket: up to 5 s, 10 MiB, 256 KiB/s\n",
  );
});

Deno.test("Progress counts what was there before neither for the pace nor for what is left", () => {
  let now = 0;
  const io = memoryIo();
  const progress = new Progress(io, "r", () => now);
  progress.update(at(60, 100));
  now = 10_000;
  progress.update(at(80, 100));
  assert.equal(io.stderr, "r: 80 % of 100 B, 2 B/s, 10 s left\n");
});

Deno.test("Progress counts down between two advances, until the next is overdue", () => {
  let now = 0;
  const io = memoryIo();
  const progress = new Progress(io, "r", () => now);
  progress.update(at(0, 100));
  for (now = 10_000; now <= 50_000; now += 5000) {
    if (now === 10_000 || now === 20_000) progress.update(at(now / 1000, 100));
    progress.update(at(now < 20_000 ? 10 : 20, 100));
  }
  assert.deepEqual(
    [...io.stderr.matchAll(/(\d+) % .*, (\S+ \S+|\d+ min \d+ s) left\n/g)].map((
      [, part, left],
    ) => [part, left]),
    [
      ["10", "1 min 30 s"],
      ["10", "1 min 25 s"],
      ["20", "1 min 20 s"],
      ["20", "1 min 15 s"],
      ["20", "1 min 10 s"],
      ["20", "1 min 10 s"],
      ["20", "1 min 10 s"],
      ["20", "1 min 10 s"],
      ["20", "1 min 10 s"],
    ],
  );
});

Deno.test("Progress never shows more than everything", () => {
  let now = 0;
  const io = memoryIo();
  const progress = new Progress(io, "r", () => now);
  now = 10_000;
  progress.update(at(0, 100));
  now = 20_000;
  progress.update(at(150, 100));
  assert.match(io.stderr, /^r: 0 % of 100 B, 0 B\/s\nr: 100 % of 100 B, 7.5 B\/s, finishing\n$/);
});

const counts = (changes: Partial<PluginMetrics>): PluginMetrics => ({
  rows: 0,
  bytes: 0,
  chunks: 0,
  busyMs: 0,
  waitMs: 0,
  backpressureMs: 0,
  queueBytes: 0,
  tasks: 0,
  ...changes,
});

/** What a terminal shows after `text`: of cursor codes, those that are used here. */
function screenOf(text: string): string[] {
  const lines = [""];
  let row = 0, column = 0;
  // deno-lint-ignore no-control-regex
  for (const [part] of text.matchAll(/\x1b\[(\d*)[A-Z]|\r|\n|[^\x1b\r\n]+/g)) {
    const code = /^.\[(\d*)(.)$/.exec(part);
    if (part === "\r") column = 0;
    else if (part === "\n") [row, column] = [row + 1, 0];
    else if (code?.[2] === "A") row -= Number(code[1]);
    else if (code?.[2] === "K") lines[row] = "";
    else if (code?.[2] === "J") lines.splice(row, lines.length, (lines[row] ?? "").slice(0, column));
    else {
      assert.equal(code, null, JSON.stringify(part));
      lines[row] = (lines[row] ?? "").slice(0, column).padEnd(column) + part;
      column += part.length;
    }
    while (lines.length <= row) lines.push("");
    assert.ok(row >= 0, "above the first line");
  }
  return lines.map((line) => line.trimEnd());
}

Deno.test("Progress draws a line a plugin on a terminal, over what it drew before", () => {
  let now = 0;
  const io = memoryIo({ errScreen: { terminal: true, columns: 80, rows: 24 }, unicode: false });
  const progress = new Progress(io, "r", () => now);
  progress.update(at(0, 100));
  now = 1000;
  progress.plugins(new Map([["a", counts({ tasks: 1 })], ["b", counts({})]]));
  progress.update(undefined);
  now = 2000;
  progress.plugins(
    new Map([
      ["a", counts({ rows: 1234, bytes: 4e6, busyMs: 500, queueBytes: 2 * MB, tasks: 2 })],
      ["b", counts({ rows: 7, bytes: 80, busyMs: 3000 })],
    ]),
  );
  progress.update(at(50, 100));
  assert.deepEqual(screenOf(io.stderr), [
    "r: ############............ 50 % of 100 B, 25 B/s, 2 s left",
    "plugin   rows     MB/s   busy  tasks  queue",
    "a       1 234        2   25 %      2  2 MiB",
    "b           7  0.00004  150 %      0    0 B",
  ]);
  progress.end();
  assert.deepEqual(screenOf(io.stderr), [""]);
});

Deno.test("Progress never draws more lines than the terminal has", () => {
  const io = memoryIo({ errScreen: { terminal: true, columns: 30, rows: 6 } });
  let now = 0;
  const progress = new Progress(io, "a run with a name that is longer than the line", () => now);
  const names = Array.from({ length: 9 }, (_, k) => [`plugin_${k}`, counts({})] as const);
  for (now = 100; now < 500; now += 100) {
    progress.plugins(new Map(names));
    progress.update(undefined);
  }
  const shown = screenOf(io.stderr);
  assert.equal(shown.length, 5);
  assert.ok(shown.every((line) => line.length < 30));
  assert.equal(shown.at(-1), "and 7 more");
  progress.clear();
  assert.deepEqual(screenOf(io.stderr), [""]);
});

Deno.test("Progress shows no plugins where there is no terminal", () => {
  let now = 0;
  const io = memoryIo();
  const progress = new Progress(io, "r", () => now);
  now = 60_000;
  progress.plugins(new Map([["a", counts({})]]));
  progress.update(at(0, 100));
  progress.end();
  assert.equal(io.stderr, "r: 0 % of 100 B, 0 B/s\n");
});
