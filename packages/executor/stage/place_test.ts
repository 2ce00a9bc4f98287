import assert from "node:assert/strict";
import { defineMerge, definePlugin, defineSource } from "@millrace/core/define";
import type { ExecutorType } from "@millrace/core/plugin";
import { placeOf } from "./place.ts";

const made = (more: { module?: string; export?: string; executorType?: ExecutorType } = {}) =>
  definePlugin({
    provides: "hits",
    dependsOn: ["records"],
    version: "1",
    schema: { time: "time" },
    computeChunk: () => null,
    ...more,
  });

const source = (more: { module?: string; export?: string } = {}) =>
  defineSource({
    provides: "records",
    version: "1",
    schema: { time: "time" },
    async *read() {},
    fingerprint: () => Promise.resolve(null),
    ...more,
  });

const HERE = { module: "file:///hits.ts", export: "hits" };

Deno.test("placeOf() takes what the run says, then what the plugin says, then the default", () => {
  assert.equal(placeOf(made(HERE), {}), "thread");
  assert.equal(placeOf(made(HERE), {}, "process"), "process");
  assert.equal(placeOf(made({ ...HERE, executorType: "process" }), {}), "process");
  assert.equal(placeOf(made({ ...HERE, executorType: "inline" }), {}), "inline");
  assert.equal(placeOf(made({ ...HERE, executorType: "inline" }), { executorType: "thread" }), "thread");
  assert.equal(placeOf(made({ executorType: "inline" }), {}), "inline");
});

Deno.test("placeOf() reads sources that a thread can find there, others in place", () => {
  assert.equal(placeOf(source(HERE), {}), "thread");
  assert.equal(placeOf(source(HERE), { executorType: "process" }), "inline");
  assert.equal(placeOf(source(), {}), "inline");
  assert.equal(placeOf(defineMerge({ provides: "all", dependsOn: ["a", "b"] }), {}), "inline");
});

Deno.test("placeOf() says what a plugin lacks that a worker cannot find", () => {
  assert.throws(
    () => placeOf(made(), {}),
    /^TypeError: Cannot compute "hits" in a thread: .* give it module: import\.meta\.url and the name of the export, or .* executorType: "inline"$/,
  );
  assert.throws(
    () => placeOf(made({ module: "file:///hits.ts" }), { executorType: "process" }),
    /in a process: .* give it export: "hits", or compute it in place/,
  );
});
