import assert from "node:assert/strict";
import fc from "fast-check";
import { option, type OptionRange, type OptionSpec, type OptionSpecs, type OptionValues } from "./option.ts";
import type { PerChannel } from "./per_channel.ts";

const help = "For a test";
const get = <T>(spec: OptionSpec<T>, input: unknown): T => spec.parse(input, "hits.x").value;

function refused(spec: OptionSpec, input: unknown, name: string, ...parts: string[]): void {
  assert.throws(() => spec.parse(input, "hits.x", "--set"), (error: Error) => {
    assert.equal(error.name, name, error.message);
    for (const part of ['Cannot set "hits.x" (--set) to ', ...parts]) {
      assert.ok(error.message.includes(part), `${error.message}\nlacks ${part}`);
    }
    return true;
  });
}

// Only equal types pass: a wrong inference is a compile error.
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(_: Same<A, B>) => {};

Deno.test("the types of the values follow from the options", () => {
  const specs = {
    a: option.number({ default: 1, help }),
    b: option.integer({ help }),
    c: option.number({ default: null, help }),
    d: option.choice(["x", "y"], { default: "x", help }),
    e: option.range({ default: [40, 90], unit: "sample", help }),
    f: option.number({ default: 1, perChannel: true, help }),
    g: option.choice(["x", "y"] as const, { default: null, perChannel: true, help }),
    h: option.list({ default: [], help }),
    i: option.boolean({ default: false, help }),
    j: option.time({ default: "10 ns", help }),
    k: option.string({ default: "a", help, validate: (value) => value === "" ? "it is empty" : undefined }),
    l: option.string({ default: undefined, help }),
  };
  const loose: OptionSpecs = specs; // every specific option is an option
  assert.equal(Object.keys(loose).length, 12);
  type V = OptionValues<typeof specs>;
  same<V["a"], number>(true);
  same<V["b"], number>(true);
  same<V["c"], number | null>(true);
  same<V["d"], "x" | "y">(true);
  same<V["e"], OptionRange>(true);
  same<V["f"], PerChannel<number>>(true);
  same<V["g"], PerChannel<"x" | "y" | null>>(true);
  same<V["h"], readonly string[]>(true);
  same<V["i"], boolean>(true);
  same<V["j"], number>(true);
  same<V["k"], string>(true);
  same<V["l"], string>(true);
  assert.equal(specs.l.required, true);
});

Deno.test("option.number() takes numbers and text", () => {
  const spec = option.number({ default: 1, help });
  assert.equal(get(spec, 2.5), 2.5);
  assert.equal(get(spec, " -1e3 "), -1000);
  assert.equal(get(spec, 12n), 12);
  assert.ok(Object.is(get(spec, -0), 0));
  for (const input of ["", "1,5", "one", true, null, undefined, [], [1], {}, NaN, Infinity, "5 ns"]) {
    refused(spec, input, "TypeError", "it takes a number");
  }
  refused(spec, "1e400", "RangeError", "too large");
  refused(spec, 2n ** 60n + 1n, "RangeError", "exactly");
});

Deno.test("option.number() converts units of its family exactly", () => {
  const ns = option.number({ default: 1, unit: "ns", help });
  assert.equal(get(ns, "2 us"), 2000);
  assert.equal(get(ns, "2 µs"), 2000);
  assert.equal(get(ns, "1.1ns"), 1.1);
  assert.equal(get(ns, "3 ps"), 0.003);
  assert.equal(get(ns, "1 min"), 6e10);
  assert.equal(get(option.number({ default: "1 us", unit: "ns", help }), 5), 5);
  assert.equal(option.number({ default: "1 us", unit: "ns", help }).default, 1000);
  assert.equal(get(option.number({ default: 1, unit: "h", help }), "90 min"), 1.5);
  assert.equal(get(option.number({ default: 1, unit: "µs", help }), "1 ms"), 1000);
  assert.equal(get(option.number({ default: 0.5, unit: "GHz", help }), "250 MHz"), 0.25);
  assert.equal(get(option.integer({ default: 1, unit: "ns", help }), "1.5 us"), 1500);
  refused(ns, "2 MHz", "TypeError", 'the unit "MHz"; the units are ps, ns, us, ms, s, min, h');
  const samples = option.number({ default: 1, unit: "sample", help });
  assert.equal(get(samples, "40 sample"), 40);
  refused(samples, "40 ns", "TypeError", 'the unit "ns", not "sample"');
});

Deno.test("option.number() in any unit of time equals the time itself", () => {
  const scales = { ps: 1, ns: 1e3, us: 1e6, ms: 1e9, s: 1e12 };
  const unit = fc.constantFrom(...Object.keys(scales) as (keyof typeof scales)[]);
  fc.assert(fc.property(fc.nat(10 ** 6), unit, unit, (n, from, to) => {
    const spec = option.number({ unit: to, help });
    assert.equal(
      get(spec, `${n} ${from}`),
      Number(`${n}e${Math.log10(scales[from]) - Math.log10(scales[to])}`),
    );
  }));
});

Deno.test("limits are checked and named with both value and unit", () => {
  const spec = option.number({ default: 5, min: 0, max: 10, unit: "ADC", help });
  assert.equal(get(spec, 0), 0);
  assert.equal(get(spec, 10), 10);
  refused(spec, 10.5, "RangeError", "to 10.5, which is too high; it takes a number (ADC), 0 to 10");
  refused(spec, "-1", "RangeError", 'to "-1", which is too low');
  assert.equal(spec.allowed, "0 to 10");
  assert.equal(option.number({ default: 5, min: 1, help }).allowed, "at least 1");
  assert.equal(option.number({ default: 5, max: 9, help }).allowed, "at most 9");
});

Deno.test("option.integer() takes integers only", () => {
  const spec = option.integer({ default: 4, min: 1, help });
  assert.equal(get(spec, "12"), 12);
  assert.equal(get(spec, "1.2e1"), 12);
  refused(spec, 1.5, "RangeError", "which is no integer", "an integer, at least 1");
  refused(spec, 2 ** 53, "RangeError", "beyond 2^53");
  refused(spec, 0, "RangeError", "too low");
});

Deno.test("option.string() takes text only", () => {
  const spec = option.string({ default: "", help });
  assert.equal(get(spec, "007"), "007");
  for (const input of [7, true, null, ["a"], {}]) refused(spec, input, "TypeError", "it takes a text");
});

Deno.test("option.boolean() takes booleans and their words", () => {
  const spec = option.boolean({ default: true, help });
  for (const input of [true, "true", "yes", "ON"]) assert.equal(get(spec, input), true);
  for (const input of [false, "false", "No", "off"]) assert.equal(get(spec, input), false);
  for (const input of [1, 0, "1", "", "maybe", null, "constructor"]) {
    refused(spec, input, "TypeError", "true or false");
  }
});

Deno.test("option.choice() names the choices", () => {
  const spec = option.choice(["ns", "samples"], { default: "ns", help });
  assert.equal(get(spec, "samples"), "samples");
  refused(spec, "sample", "RangeError", '"sample"', "one of ns, samples");
  refused(spec, 1, "TypeError", "one of ns, samples");
  // @ts-expect-error a default that is no choice is a compile error too
  assert.throws(() => option.choice(["a"], { default: "b", help }), RangeError);
  assert.throws(() => option.choice(["a", "a"], { help }), {
    name: "TypeError",
    message: /choices are \[a, a\]/,
  });
});

Deno.test("option.range() takes pairs and text", () => {
  const spec = option.range({ default: [40, 90], unit: "sample", min: 0, max: 800, integer: true, help });
  assert.deepEqual(get(spec, [0, null]), [0, null]);
  assert.deepEqual(get(spec, ["1", "2 sample"]), [1, 2]);
  assert.deepEqual(get(spec, "40..90"), [40, 90]);
  assert.deepEqual(get(spec, " 40 .. "), [40, null]);
  assert.deepEqual(get(spec, [5, 5]), [5, 5]);
  assert.ok(Object.isFrozen(get(spec, [1, 2])));
  assert.deepEqual(get(option.range({ default: null, unit: "ns", help }), "1 us..2 us"), [1000, 2000]);
  assert.equal(spec.defaultText, "40 .. 90 sample");
  for (const input of [[1], [1, 2, 3], 5, "5", "1..2..3", "1...2", {}, null, ["a", 2], [null, 2]]) {
    refused(spec, input, "TypeError", "[start, end] in integers (sample)", "0 to 800");
  }
  refused(spec, [90, 40], "RangeError", "to [90,40], which ends before it starts");
  refused(spec, [-1, 40], "RangeError", "whose start is too low");
  refused(spec, [0, 801], "RangeError", "whose end is too high");
  refused(spec, [0.5, 40], "RangeError", "whose start is no integer");
});

Deno.test("option.time() gives an integer number of ps", () => {
  const spec = option.time({ default: "10 ns", min: 0, max: "1 h", help });
  assert.equal(spec.default, 10_000);
  assert.equal(spec.defaultText, "10 ns");
  assert.equal(spec.allowed, "0 ps to 3600 s");
  assert.equal(get(spec, "0.1 ns"), 100);
  assert.equal(get(spec, 25), 25);
  assert.equal(get(spec, 25n), 25);
  assert.equal(get(spec, "25"), 25);
  assert.equal(get(spec, "1 h"), 3_600_000_000_000_000);
  refused(spec, "0.1 ps", "RangeError", '"0.1 ps"', "no whole number of ps");
  refused(spec, 0.5, "RangeError", "no integer", "whole number of ps");
  refused(spec, "2 h", "RangeError", "too high", "0 ps to 3600 s");
  refused(spec, "-1 ns", "RangeError", "too low");
  refused(spec, "5 Hz", "TypeError", 'the unit "Hz"', "ps, ns, us, ms, s, min, h");
  refused(spec, "soon", "TypeError", '"soon"');
  refused(spec, [1], "TypeError", "[1]");
  refused(option.time({ help }), "3 h", "RangeError", "beyond 2^53"); // 2^53 ps are 2.5 h
  refused(option.time({ help }), 2n ** 53n + 1n, "RangeError", "exactly");
});

Deno.test("option.frequency() gives hertz", () => {
  const spec = option.frequency({ default: "0.5 GHz", min: "1 kHz", help });
  assert.equal(spec.default, 5e8);
  assert.equal(get(spec, "2kHz"), 2000);
  assert.equal(get(spec, 1234.5), 1234.5);
  refused(spec, "1 Hz", "RangeError", "too low", "at least 1000");
  refused(spec, "1 ns", "TypeError", "Hz, kHz, MHz, GHz");
});

Deno.test("option.list() takes one text or a list", () => {
  const spec = option.list({ default: [], help });
  assert.deepEqual(get(spec, "./DAQ/*.BIN"), ["./DAQ/*.BIN"]);
  assert.deepEqual(get(spec, ["a", "b"]), ["a", "b"]);
  assert.deepEqual(spec.parse("a", "h.x").plain, ["a"]);
  refused(spec, ["a", 1], "TypeError", "whose item 1 is no text");
  refused(spec, 1, "TypeError", "a list of texts");
  const input = ["a"];
  const value = get(spec, input);
  input.push("b");
  assert.deepEqual(value, ["a"]);
});

Deno.test("null is allowed where it is the default, and nowhere else", () => {
  const auto = option.integer({ default: null, min: 1, help });
  assert.equal(get(auto, null), null);
  assert.equal(auto.defaultText, "auto");
  assert.equal(auto.required, false);
  refused(auto, 0, "RangeError", "or null to find it out from the data");
  refused(option.integer({ default: 1, help }), null, "TypeError", "to null");
});

Deno.test("validate() refuses with its own reason and never sees null", () => {
  const spec = option.integer({
    default: null,
    help,
    validate: (value) => value % 2 === 0 ? "a window is odd" : undefined,
  });
  assert.equal(get(spec, 11), 11);
  assert.equal(get(spec, null), null);
  refused(spec, "12", "RangeError", 'to "12"', "a window is odd");
});

Deno.test("settings that contradict each other are refused", () => {
  assert.throws(() => option.number({ default: 11, max: 10, help }), {
    name: "RangeError",
    message: /"default" to 11/,
  });
  assert.throws(() => option.number({ min: 2, max: 1, help }), {
    name: "RangeError",
    message: /lowest value 2/,
  });
  assert.throws(() => option.number({ min: NaN, help }), { name: "TypeError", message: /limit is NaN/ });
  assert.throws(() => option.time({ default: "1 parsec", help }), { name: "TypeError", message: /parsec/ });
  assert.throws(
    // @ts-expect-error a misspelt setting is a compile error too
    () => option.number({ default: 1, mim: 0, help }),
    { name: "TypeError", message: /setting "mim" is unknown; a number has help/ },
  );
  // @ts-expect-error limits are for numbers
  assert.throws(() => option.string({ default: "a", min: 0, help }), {
    message: /"min" is unknown; a string has/,
  });
});

Deno.test("an error quotes long and odd values shortly", () => {
  refused(option.boolean({ help }), "x".repeat(500), "TypeError", "xxx...");
  refused(option.boolean({ help }), () => 1, "TypeError", "a function");
  refused(option.boolean({ help }), [1n], "TypeError", '["1"]');
});

Deno.test("parse() of the plain form gives the same again", () => {
  const cases: [OptionSpec, fc.Arbitrary<unknown>][] = [
    [
      option.number({ unit: "ns", help }),
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant("3 us")),
    ],
    [option.time({ help }), fc.bigInt(-(2n ** 53n) + 1n, 2n ** 53n - 1n).map((n) => `${n}ps`)],
    [option.range({ help }), fc.tuple(fc.integer({ max: 0 }), fc.option(fc.nat()))],
    [option.list({ help }), fc.oneof(fc.string(), fc.array(fc.string()))],
    [option.string({ help }), fc.string()],
    [option.frequency({ help }), fc.nat().map((n) => `${n} kHz`)],
  ];
  for (const [spec, inputs] of cases) {
    fc.assert(
      fc.property(inputs, (input) => {
        const { value, plain } = spec.parse(input, "h.x");
        const again = spec.parse(JSON.parse(JSON.stringify(plain)), "h.x");
        assert.deepEqual(again.value, value);
        assert.equal(JSON.stringify(again.plain), JSON.stringify(plain));
      }),
      { numRuns: 50 },
    );
  }
});
