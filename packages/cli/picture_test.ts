import assert from "node:assert/strict";
import fc from "fast-check";
import { axisUnit, ticks } from "./_ticks.ts";
import { drawWaveform } from "./picture.ts";

const step = [...Array<number>(50).fill(100), ...Array<number>(50).fill(20)];

Deno.test("drawWaveform() draws a step with its axes and hits in ASCII", () => {
  const text = drawWaveform(step, {
    dt: 4000,
    hits: [{ start: 50, end: 100, peak: 60 }],
    title: "a step",
    width: 47,
    height: 12,
    unicode: false,
  });
  assert.equal(
    text,
    [
      "a step",
      " 100 |*********************",
      "     |                    *",
      "     |                    *",
      "     |                    *",
      "  50 |                    *",
      "     |                    *",
      "     |                    *",
      "     |                    *********************",
      "hits |                    |---^---------------|",
      " ADC ++---------+---------+---------+----------",
      "      0        100       200       300 ns",
      "",
    ].join("\n"),
  );
});

Deno.test("drawWaveform() names the unit of the samples", () => {
  const lines = drawWaveform(step, { dt: 4000, unit: "ADC/ns", width: 47, height: 12, unicode: false }).split(
    "\n",
  );
  assert.match(lines.at(-3)!, /^ADC\/ns \+/);
  assert.ok(lines.every((line) => line.length <= 47));
});

Deno.test("drawWaveform() of a spectrum has frequencies from 0 on", () => {
  const lines = drawWaveform(step, { df: 2.5e6, unit: "dB", width: 47, height: 12, unicode: false }).split(
    "\n",
  );
  assert.deepEqual(lines.slice(-3, -1), [
    "  dB ++---------------+---------------+--------", // 247.5 MHz in 41 characters
    "      0              100             200 MHz",
  ]);
});

Deno.test("drawWaveform() keeps to its size for any samples and hits", () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 65535 }), fc.double(), fc.constantFrom(NaN, Infinity, 0));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 300 }),
      fc.array(fc.tuple(fc.nat(299), fc.nat(299), fc.nat(299)), { maxLength: 6 }),
      fc.integer({ min: 24, max: 120 }),
      fc.integer({ min: 8, max: 30 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 2 ** 28 }),
      (samples, places, width, height, unicode, dt) => {
        const hits = places.map((place) => {
          const [start, peak, last] = place.map((at) => at % samples.length).sort((a, b) => a - b);
          return { start: start!, peak: peak!, end: last! + 1 };
        });
        const lines = drawWaveform(samples, { dt, hits, width, height, unicode }).split("\n");
        assert.equal(lines.length, height + 1);
        for (const line of lines) assert.ok([...line].length <= width, line);
        const text = lines.join("\n");
        if (!unicode) assert.match(text, /^[\x20-\x7e\n]*$/);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(text, /\x1b/);
        assert.equal(/[▲^]/.test(text), hits.length > 0);
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("drawWaveform() has a dot in every column that a sample is in", () => {
  const samples = Array.from({ length: 1000 }, (_, i) => Math.sin(i / 40));
  const rows = drawWaveform(samples, { dt: 2000, width: 60, height: 14, unicode: false }).split("\n").slice(
    0,
    12,
  );
  const margin = rows[0]!.indexOf("|") + 1;
  for (let column = margin; column < 60; column++) {
    assert.ok(rows.some((row) => row[column] === "*"), `column ${column}`);
  }
});

Deno.test("drawWaveform() sets braille dots at the value and time of each sample", () => {
  // 2 x 4 dots a character: two samples, one at the top left dot and one at the bottom right dot.
  const lines = drawWaveform([1, NaN, 0], { dt: 1000, width: 24, height: 8 }).split("\n");
  const trace = lines.slice(0, 6).map((line) => line.slice(line.search(/[│┤]/) + 1));
  assert.equal(trace[0], "\u2801");
  assert.equal(trace[5]!.trimStart(), "\u2880");
  assert.deepEqual(trace.slice(1, 5), ["", "", "", ""]);
});

Deno.test("drawWaveform() puts hits that overlap below each other", () => {
  const hits = [{ start: 0, end: 40, peak: 20 }, { start: 30, end: 60, peak: 50 }, {
    start: 70,
    end: 90,
    peak: 80,
  }];
  const lines = drawWaveform(step, { dt: 1000, hits, width: 60, height: 14 }).split("\n");
  const marks = lines.filter((line) => line.includes("▲"));
  assert.deepEqual(marks.map((line) => line.split("▲").length - 1), [2, 1]);
});

Deno.test("drawWaveform() colours hits only when it is asked to", () => {
  const hits = [{ start: 50, end: 60, peak: 55 }];
  const options = { dt: 1000, hits, width: 60, height: 14 };
  const colored = drawWaveform(step, { ...options, color: true });
  // deno-lint-ignore no-control-regex
  assert.equal(colored.replace(/\x1b\[3[39]m/g, ""), drawWaveform(step, options));
  for (const line of colored.split("\n")) {
    assert.equal(
      line.split("\x1b[33m").length,
      line.split("\x1b[39m").length,
      "every colour ends in its line",
    );
  }
  assert.ok(colored.includes("\x1b[33m├"));
});

Deno.test("drawWaveform() refuses what it cannot draw", () => {
  const hit = (start: number, end: number, peak: number) => () =>
    drawWaveform(step, { dt: 1000, hits: [{ start, end, peak }] });
  assert.throws(() => drawWaveform([], { dt: 1 }), RangeError);
  for (const both of [{}, { dt: 1, df: 1 }]) {
    assert.throws(
      () => drawWaveform(step, both),
      /give dt or df, one of them/,
    );
  }
  assert.throws(() => drawWaveform(step, { dt: 1, width: 23 }), /takes 24 x 8/);
  assert.throws(() => drawWaveform(step, { dt: 1, height: 7 }), /takes 24 x 8/);
  for (const bad of [hit(-1, 5, 2), hit(5, 5, 5), hit(90, 101, 95), hit(5, 9, 9), hit(5, 9, 4)]) {
    assert.throws(bad, /Cannot mark the hit/);
  }
});

Deno.test("ticks() are round, inside and not too many", () => {
  assert.deepEqual(ticks(0, 1598, 9), [0, 200, 400, 600, 800, 1000, 1200, 1400]);
  assert.deepEqual(ticks(-0.25, 0.3, 6), [-0.2, -0.1, 0, 0.1, 0.2, 0.3]);
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      fc.integer({ min: 1, max: 12 }),
      (low, span, most) => {
        const values = ticks(low, low + span, most);
        assert.ok(values.length <= most + 1);
        for (const value of values) {
          assert.ok(value >= low - span * 1e-6 && value <= low + span * (1 + 1e-6));
        }
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("axisUnit() is the largest of which there are ten", () => {
  const names = [5, 9_999, 10_000, 1.6e6, 1e7, 2e10, 1e13].map((ps) => axisUnit(ps).name);
  assert.deepEqual(names, ["ps", "ps", "ns", "ns", "µs", "ms", "s"]);
  const frequencies = [5, 9_999, 10_000, 2.5e8, 1e10].map((hz) => axisUnit(hz, "frequency").name);
  assert.deepEqual(frequencies, ["Hz", "Hz", "kHz", "MHz", "GHz"]);
});
