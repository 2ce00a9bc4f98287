import assert from "node:assert/strict";
import fc from "fast-check";
import type { RunEvent } from "../engine/node.ts";
import type { TaskEvent } from "../engine/task_event.ts";
import { schema } from "../data/schema.ts";
import { Table } from "../data/table.ts";
import { definePlugin } from "../plugin/define.ts";
import { tableSource } from "../plugin/table_source.ts";
import { checkTrace as check, type TraceEvent as Event } from "./_trace_testing.ts";
import { Context } from "./context.ts";
import { openTrace, Trace } from "./trace.ts";

const task = (changes: Partial<TaskEvent>): TaskEvent => {
  const now = performance.timeOrigin + performance.now();
  return {
    type: "task",
    task: "compute",
    plugins: ["hits"],
    busy: undefined,
    worker: "main",
    submitted: now,
    began: now,
    ended: now + 1,
    start: 0n,
    end: 10n,
    rows: 3,
    bytes: 24,
    ...changes,
  };
};

async function traced(listen: (trace: Trace) => Promise<void>): Promise<Event[]> {
  let text = "";
  const trace = new Trace((part) => text += part);
  await listen(trace);
  trace.end();
  return JSON.parse(text) as Event[];
}

const times = Table.from(schema({ time: "time", height: "f32" }), {
  time: [5n, 10n, 30n, 40n],
  height: [1, 2, 3, 4],
});
const chain = (provides: string, dependsOn: string) =>
  definePlugin({
    provides,
    dependsOn: [dependsOn],
    version: "1",
    dataKind: "pulses",
    schema: { time: "time", [provides]: "f32" },
    computeChunk: (chunk, { emit, notice }) => {
      notice("one line");
      return emit(chunk.length);
    },
  });

Deno.test("Trace writes what a run does by the rules of the format", async () => {
  await using ctx = new Context();
  ctx.register(tableSource("pulses", times, { dataKind: "pulses", cuts: [20n, 35n] }));
  ctx.register(chain("a", "pulses"), chain("b", "a"));
  const events = await traced(async (trace) => {
    const onEvent = trace.run("run_1");
    for await (const chunk of ctx.getStream("run_1", "b", { onEvent, metricsEvery: 1 })) {
      await new Promise((resolve) => setTimeout(resolve, 3));
      chunk.release();
    }
  });
  check(events);
  const named = (ph: string, name: string) =>
    events.filter((event) => event.ph === ph && event.name === name);
  assert.deepEqual(named("M", "process_name").map(({ args }) => args!.name), ["run run_1"]);
  assert.deepEqual(named("M", "thread_name").map(({ args }) => args!.name), ["main"]);
  assert.deepEqual(named("X", "compute a > b").map(({ args }) => args!.rows), [2, 1, 1]);
  assert.equal(named("X", "a").length, 3);
  assert.equal(named("X", "b").length, 3);
  assert.ok(named("X", "read pulses").length >= 3);
  assert.ok(named("C", "bytes waiting").length >= 1);
  assert.deepEqual(Object.keys(named("C", "tasks under way")[0]!.args!), ["pulses", "a", "b"]);
  assert.equal(named("i", "note of a")[0]!.args!.text, "one line");
});

Deno.test("Trace draws what overlaps on one worker side by side", async () => {
  const times = fc.record({
    began: fc.nat(50),
    length: fc.nat(20),
    worker: fc.constantFrom("main", "thread 1"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(times, { maxLength: 40 }), async (list) => {
      list.sort((a, b) => a.began + a.length - b.began - b.length);
      const events = await traced(async (trace) => {
        const listen = trace.run("r");
        const zero = performance.timeOrigin;
        for (const { began: from, length, worker } of list) {
          const began = zero + from;
          listen(task({ worker, submitted: began, began, ended: began + length }));
        }
      });
      check(events);
      assert.equal(events.filter(({ ph }) => ph === "X").length, list.length);
    }),
    { numRuns: 100 },
  );
});

Deno.test("Trace keeps plugins within their stage, whatever they say of their time", async () => {
  const events = await traced(async (trace) => {
    const now = performance.timeOrigin + performance.now();
    const busy = { a: 0.4, b: 7 };
    trace.run("r")(task({ plugins: ["a", "b", "c"], busy, submitted: now - 2, began: now, ended: now + 1 }));
  });
  check(events);
  const [stage, a, b, c] = events.filter(({ ph }) => ph === "X");
  assert.deepEqual([stage!.name, a!.name, b!.name, c!.name], ["compute a > b > c", "a", "b", "c"]);
  assert.ok(Math.abs(a!.dur! - 400) < 0.01 && Math.abs(b!.dur! - 600) < 0.01 && c!.dur! < 0.01);
  assert.ok(Math.abs((stage!.args!.wait_ms as number) - 2) < 0.01);
});

Deno.test("Trace shows runs as processes, workers in order of their number", async () => {
  const events = await traced(async (trace) => {
    const one = trace.run("r1"), two = trace.run("r2");
    two(task({ worker: "thread 10" }));
    two(task({ worker: "thread 2" }));
    one(task({}));
  });
  check(events);
  const names = events.filter(({ name }) => name === "process_name").map((
    { pid, args },
  ) => [pid, args!.name]);
  assert.deepEqual(names, [[1, "run r1"], [2, "run r2"]]);
  const order = events.filter(({ name }) => name === "thread_sort_index").map(({ args }) => args!.sort_index);
  assert.deepEqual(order, [11, 3, 0]);
});

Deno.test("Trace writes in bounded steps of whole events: what a killed run has left loads", async () => {
  const parts: string[] = [];
  const trace = new Trace((part) => parts.push(part));
  const listen = trace.run("r");
  for (let k = 0; k < 5000; k++) listen(task({ rows: k }));
  assert.ok(parts.length >= 5);
  assert.ok(parts.every(({ length }) => length < 2 ** 16 + 1000));
  for (let k = 1; k <= parts.length; k++) {
    const left = parts.slice(0, k).join("");
    assert.ok(left.endsWith("}"), "no comma at the end");
    check(JSON.parse(`${left}]`) as Event[]);
  }
});

Deno.test("Trace ends once; later events are not written", () => {
  let text = "";
  const trace = new Trace((part) => text += part);
  const listen = trace.run("r");
  trace.end();
  const ended = text;
  listen(task({}));
  trace.end();
  assert.equal(text, ended);
  assert.equal((JSON.parse(text) as Event[]).length, 1);
});

Deno.test("openTrace() writes a file, and says which it cannot write", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/trace.json`;
    {
      using trace = openTrace(path);
      const listen: (event: RunEvent) => void = trace.run("r");
      listen(task({}));
    }
    check(JSON.parse(await Deno.readTextFile(path)) as Event[]);
    assert.throws(
      () => openTrace(`${folder}/none/trace.json`),
      /^Error: Cannot write the trace ".*none.trace\.json": No such/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "openTrace() says that a disk is full",
  ignore: Deno.build.os !== "linux",
  fn() {
    const trace = openTrace("/dev/full");
    trace.run("r")(task({}));
    assert.throws(() => trace.end(), /Cannot write the trace "\/dev\/full": No space left/);
  },
});
