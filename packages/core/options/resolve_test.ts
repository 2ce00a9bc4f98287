import assert from "node:assert/strict";
import { option } from "./option.ts";
import { resolveOptions } from "./resolve.ts";

const specs = {
  threshold: option.number({ default: 10, min: 0, unit: "ADC", help: "Lowest height", perChannel: true }),
  window: option.time({ default: "100 ns", help: "Length", aliases: ["time_window"] }),
  input: option.list({ help: "Files" }),
  workers: option.integer({ default: 4, track: false, help: "Threads" }),
};

Deno.test("resolveOptions() fills in defaults and says where each value comes from", () => {
  const { values, sources, tracked, plain } = resolveOptions("hits", specs, { input: "a.bin", workers: "8" });
  assert.equal(values.threshold.at(0, 0), 10);
  assert.equal(values.window, 100_000);
  assert.deepEqual(values.input, ["a.bin"]);
  assert.deepEqual(sources.window, { source: "default", key: "hits.window" });
  assert.deepEqual(sources.input, { source: "config", key: "hits.input" });
  assert.equal(JSON.stringify(tracked), '{"input":["a.bin"],"threshold":10,"window":100000}');
  assert.deepEqual(plain, { ...tracked, workers: 8 });
});

Deno.test("resolveOptions() of the cloned plain form gives the same in another place", () => {
  const here = resolveOptions("hits", specs, {
    input: ["a"],
    threshold: { channels: { "1:2": 3 } },
    time_window: "1 us",
    workers: 1,
  });
  const there = resolveOptions("hits", specs, structuredClone(here.plain));
  assert.equal(there.values.threshold.at(1, 2), 3);
  assert.deepEqual(there.values, here.values);
  assert.equal(JSON.stringify(there.tracked), JSON.stringify(here.tracked));
});

Deno.test("resolveOptions() names the required option that is missing", () => {
  assert.throws(() => resolveOptions("hits", specs), {
    name: "TypeError",
    message: 'Cannot run "hits": its option "input" (list) is required and not set; set "hits.input": Files',
  });
});

Deno.test("resolveOptions() refuses unknown names and a name beside its alias", () => {
  assert.throws(() => resolveOptions("hits", specs, { inputs: "a" }), {
    name: "RangeError",
    message:
      /"hits\.inputs".*no option "inputs"; did you mean "input"\? Its options are input, threshold, window/,
  });
  assert.throws(() => resolveOptions("hits", specs, { input: "a", window: 1, time_window: 2 }), {
    name: "TypeError",
    message: /"hits\.window" twice/,
  });
});

Deno.test("options with the same name twice, or one that is no identifier, are refused", () => {
  const help = "For a test";
  const twice = {
    a: option.string({ default: "", help, aliases: ["b"] }),
    b: option.string({ default: "", help }),
  };
  assert.throws(() => resolveOptions("hits", twice), {
    name: "TypeError",
    message: /"b" names both "a" and "b"/,
  });
  const odd = { "a.b": option.string({ default: "", help }) };
  assert.throws(() => resolveOptions("hits", odd), { name: "TypeError", message: /"a\.b" is no identifier/ });
});

Deno.test("an option may have a name that every object has", () => {
  const odd = { toString: option.string({ default: "a", help: "For a test" }) };
  assert.deepEqual(resolveOptions("hits", odd, { toString: "b" }).sources.toString, {
    source: "config",
    key: "hits.toString",
  });
  assert.equal(resolveOptions("hits", odd).values.toString, "a");
});
