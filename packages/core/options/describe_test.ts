import assert from "node:assert/strict";
import { describeOptions } from "./describe.ts";
import { option } from "./option.ts";

Deno.test("describeOptions() gives a JSON-ready row for each option, in order", () => {
  const rows = describeOptions({
    input: option.list({ help: "Files" }),
    height: option.range({ default: [40, null], unit: "sample", help: "Samples", perChannel: true }),
    dt: option.time({ default: null, help: "Interval", aliases: ["dt_ps"] }),
    kind: option.choice(["a", "b"], { default: "a", help: "Which", track: false }),
  });
  assert.deepEqual(JSON.parse(JSON.stringify(rows)), rows);
  assert.deepEqual(
    rows.map(({ name, type, defaultText, unit, allowed }) => [name, type, defaultText, unit, allowed]),
    [
      ["input", "list", "required", "", ""],
      ["height", "range", "40 .. end sample", "sample", ""],
      ["dt", "time", "auto", "ps", ""],
      ["kind", "choice", "a", "", "a, b"],
    ],
  );
  assert.deepEqual(rows.map((row) => row.default), [undefined, [40, null], null, "a"]);
  assert.deepEqual(rows.map((row) => row.tracked), [true, true, true, false]);
  assert.deepEqual(rows.map((row) => row.perChannel), [false, true, false, false]);
  assert.deepEqual(rows[2]?.aliases, ["dt_ps"]);
  assert.equal(rows[0]?.help, "Files");
});

Deno.test("describeOptions() shows defaults as people write them", () => {
  const help = "For a test";
  const shown = describeOptions({
    a: option.number({ default: 1.5, unit: "ADC", help }),
    b: option.integer({ default: 3, help }),
    c: option.string({ default: "", help }),
    d: option.list({ default: ["a", "b"], help }),
    e: option.list({ default: [], help }),
    f: option.time({ default: 1500, help }),
    g: option.frequency({ default: "2 kHz", help }),
    h: option.boolean({ default: false, help }),
  }).map((row) => row.defaultText);
  assert.deepEqual(shown, ["1.5 ADC", "3", '""', '"a", "b"', "none", "1.5 ns", "2000 Hz", "false"]);
});
