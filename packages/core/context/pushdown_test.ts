import assert from "node:assert/strict";
import { option } from "../options/option.ts";
import { defineMerge, definePlugin, defineStatic } from "../plugin/define.ts";
import type { Plugin, TimeRange } from "../plugin/plugin.ts";
import type { PlanStep } from "./plan.ts";
import { ALL, EARLIEST, hull, inputRange, LATEST } from "./pushdown.ts";

const compute = { version: "1", schema: { time: "time" }, computeChunk: () => null } as const;

/** The range of input `type` for outputs in [100, 200), rows of the inputs being at most 7 (a) and 9 (b) long. */
function rangeOf(
  plugin: Plugin,
  type = "a",
  wanted: TimeRange = [100n, 200n],
  longest: Record<string, number> = { a: 7, b: 9 },
): TimeRange {
  const step = { plugin, geometry: plugin.geometry({}), dataKinds: plugin.dataKinds } as unknown as PlanStep;
  return inputRange(step, type, wanted, (name) => name, (name) => longest[name]);
}

const single = (more: object): Plugin =>
  definePlugin(
    { provides: "out", dependsOn: ["a"], ...compute, ...more } as unknown as Parameters<
      typeof definePlugin
    >[0],
  );
const double = (more: object): Plugin =>
  definePlugin(
    { provides: "out", dependsOn: ["a", "b"], ...compute, ...more } as unknown as Parameters<
      typeof definePlugin
    >[0],
  );

Deno.test("inputRange() is the range itself for rows of the input's kind and for merges", () => {
  assert.deepEqual(rangeOf(single({ dataKind: "a" })), [100n, 200n]);
  assert.deepEqual(rangeOf(defineMerge({ provides: "out", dependsOn: ["a", "b"] })), [100n, 200n]);
});

Deno.test("inputRange() exchanges left and right of a reach", () => {
  assert.deepEqual(rangeOf(single({ reach: { left: 3, right: 20 } })), [80n, 203n]);
  assert.deepEqual(rangeOf(single({ reach: { right: 0 } })), [100n, 200n]);
});

Deno.test("inputRange() is open to the left where the reach to the right is not known", () => {
  assert.deepEqual(rangeOf(single({})), [EARLIEST, 200n]);
  assert.deepEqual(rangeOf(single({ reach: { left: 5 } })), [EARLIEST, 205n]);
});

Deno.test("inputRange() is as far as a halo by start", () => {
  assert.deepEqual(rangeOf(single({ halo: { left: 3, right: 20, by: "start" } })), [97n, 220n]);
});

Deno.test("inputRange() adds the longest rows to a halo by touch: the input's on the left, the base's on the right", () => {
  const loop = double({ halo: { left: 3, right: 20 } });
  assert.deepEqual(rangeOf(loop, "a"), [90n, 227n]);
  assert.deepEqual(rangeOf(loop, "b"), [88n, 227n]);
  assert.deepEqual(rangeOf(loop, "b", [100n, 200n], {}), ALL);
});

Deno.test("inputRange() is everything for state, gaps, carry-over and static plugins", () => {
  assert.deepEqual(rangeOf(single({ stateful: true })), ALL);
  assert.deepEqual(rangeOf(single({ carryOver: true })), ALL);
  assert.deepEqual(rangeOf(single({ boundary: "sealed" })), ALL);
  const whole = defineStatic({
    provides: "out",
    dependsOn: ["a"],
    version: "1",
    schema: { time: "time" },
    compute: () => null,
  });
  assert.deepEqual(rangeOf(whole), ALL);
});

Deno.test("inputRange() keeps open ends open", () => {
  assert.deepEqual(rangeOf(single({ halo: { left: 3, right: 20, by: "start" } }), "a", [EARLIEST, 200n]), [
    EARLIEST,
    220n,
  ]);
  assert.deepEqual(rangeOf(single({ reach: { left: 3, right: 20 } }), "a", [100n, LATEST]), [80n, LATEST]);
});

Deno.test("inputRange() follows the options that decide on the geometry", () => {
  const plugin = definePlugin({
    provides: "out",
    dependsOn: ["a"],
    ...compute,
    options: { width: option.time({ default: 5, help: "Width" }) },
    halo: ({ width }) => ({ left: 0, right: width, by: "start" }),
  });
  const step = {
    plugin,
    geometry: plugin.geometry({ width: 30 }),
    dataKinds: plugin.dataKinds,
  } as unknown as PlanStep;
  assert.deepEqual(inputRange(step, "a", [0n, 10n], (name) => name, () => undefined), [0n, 40n]);
});

Deno.test("hull() holds both ranges", () => {
  assert.deepEqual(hull(undefined, [1n, 2n]), [1n, 2n]);
  assert.deepEqual(hull([1n, 2n], [5n, 9n]), [1n, 9n]);
  assert.deepEqual(hull([1n, 20n], [-5n, 9n]), [-5n, 20n]);
});
