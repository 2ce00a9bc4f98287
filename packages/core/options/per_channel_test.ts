import assert from "node:assert/strict";
import fc from "fast-check";
import { option } from "./option.ts";
import { PerChannel } from "./per_channel.ts";

const threshold = option.number({
  default: 10,
  min: 0,
  unit: "ADC",
  help: "Lowest height",
  perChannel: true,
});
const polarity = option.choice(["negative", "positive"], {
  default: "negative",
  help: "Sign",
  perChannel: true,
});

Deno.test("PerChannel.at() gives each channel its own value and the others the default", () => {
  const values = new PerChannel<number | null>(10, [[0, 3, 25], [2, 0, null], [0, 3, 26]]);
  assert.equal(values.at(0, 3), 26);
  assert.equal(values.at(2, 0), null);
  for (const [b, c] of [[0, 2], [0, 4], [1, 0], [3, 0], [-1, 0], [0, -1]] as const) {
    assert.equal(values.at(b, c), 10);
  }
  assert.equal(values.uniform, false);
});

Deno.test("PerChannel.uniform says whether all channels have the default", () => {
  assert.equal(new PerChannel(1).uniform, true);
  assert.equal(new PerChannel(1, [[0, 0, 1]]).uniform, true);
  assert.equal(new PerChannel(1, [[0, 0, 2]]).uniform, false);
});

Deno.test("PerChannel refuses numbers that no channel has", () => {
  for (const [b, c] of [[-1, 0], [0, 1.5], [65536, 0], [0, NaN]] as const) {
    assert.throws(() => new PerChannel(1, [[b, c, 2]]), {
      name: "RangeError",
      message: new RegExp(`"${b}:${c}"`),
    });
  }
});

Deno.test("a bare value of a per-channel option is the value of every channel", () => {
  const { value, plain } = threshold.parse("12", "hits.threshold");
  assert.equal(value.at(7, 7), 12);
  assert.equal(value.uniform, true);
  assert.equal(plain, 12);
});

Deno.test("single channels win over groups, later groups over earlier ones, and groups over the default", () => {
  const { value, plain } = threshold.parse({
    channels: { "0:1": 1 },
    groups: [{ channels: ["0:1", "0:2", "0:3"], value: 2 }, { channels: ["0:3"], value: 3 }],
    default: 4,
  }, "hits.threshold");
  assert.deepEqual([0, 1, 2, 3].map((channel) => value.at(0, channel)), [4, 1, 2, 3]);
  assert.deepEqual(plain, { channels: { "0:1": 1, "0:2": 2, "0:3": 3 }, default: 4 });
});

Deno.test("the default of a per-channel value is the option's where it gives none", () => {
  assert.equal(threshold.parse({ channels: { "1:0": 2 } }, "hits.threshold").value.default, 10);
  assert.equal(threshold.parse({}, "hits.threshold").plain, 10);
  const required = option.integer({ help: "Samples", perChannel: true });
  assert.throws(() => required.parse({ channels: { "0:0": 1 } }, "hits.samples"), {
    name: "TypeError",
    message: /"hits.samples": it gives no default and the option has none/,
  });
});

Deno.test("any option can be per channel: polarity, ranges and times too", () => {
  assert.equal(
    polarity.parse({ channels: { "0:1": "positive" } }, "hits.polarity").value.at(0, 1),
    "positive",
  );
  const range = option.range({ default: [40, 90], help: "Samples", perChannel: true });
  assert.deepEqual(range.parse({ channels: { "0:1": [0, null] } }, "f.range").value.at(0, 1), [0, null]);
  const time = option.time({ default: null, help: "Delay", perChannel: true });
  const delays = time.parse({ channels: { "0:1": "2 ns" } }, "f.delay").value;
  assert.deepEqual([delays.at(0, 0), delays.at(0, 1)], [null, 2000]);
});

Deno.test("every part of a per-channel value is checked and named", () => {
  const cases: [unknown, string, RegExp][] = [
    [
      { channels: { "0:1": -1 } },
      "RangeError",
      /"hits\.threshold\.channels\["0:1"\]" \(--set\) to -1.*at least 0/,
    ],
    [{ default: "low" }, "TypeError", /"hits\.threshold\.default".*"low"/],
    [{ groups: [{ channels: ["0:1"], value: "x" }] }, "TypeError", /"hits\.threshold\.groups\[0\]\.value"/],
    [{ channel: { "0:1": 1 } }, "TypeError", /key "channel" of the value is unknown/],
    [
      { groups: [{ channels: ["0:1"], value: 1, config: 2 }] },
      "TypeError",
      /key "config" of group 0 is unknown/,
    ],
    [{ groups: [{ channels: ["0:1"] }] }, "TypeError", /group 0 has no value/],
    [{ groups: [{ value: 1 }] }, "TypeError", /group 0 has no list of channels/],
    [{ groups: { a: 1 } }, "TypeError", /groups is {"a":1}/],
    [{ groups: [7] }, "TypeError", /group 0 is 7/],
    [{ channels: ["0:1"] }, "TypeError", /channels is \["0:1"\]/],
    [{ default: null }, "TypeError", /to null/],
  ];
  for (const [input, name, message] of cases) {
    assert.throws(() => threshold.parse(input, "hits.threshold", "--set"), { name, message });
  }
  for (const key of ["1", "0-1", "0:1:2", "a:b", "-1:0", "00:1", "0: 1", "0:65536", "0:99999999"]) {
    const message = new RegExp(`the channel "${key}" is not "board:channel"`);
    assert.throws(() => threshold.parse({ channels: { [key]: 1 } }, "h.t"), { name: "TypeError", message });
    assert.throws(() => threshold.parse({ groups: [{ channels: [key], value: 1 }] }, "h.t"), { message });
  }
});

Deno.test("an option that isn't per channel refuses a value by channel", () => {
  const one = option.number({ default: 1, help: "One" });
  assert.throws(() => one.parse({ channels: { "0:1": 1 } }, "hits.one"), {
    name: "TypeError",
    message: /no number/,
  });
});

Deno.test("the plain form of a per-channel value depends only on what each channel gets, and reads back", () => {
  const channel = fc.tuple(fc.nat(2), fc.nat(12)).map(([b, c]) => `${b}:${c}`);
  const value = fc.integer({ min: 0, max: 3 });
  const config = fc.record({
    default: value,
    groups: fc.array(fc.record({ channels: fc.array(channel), value }), { maxLength: 3 }),
    channels: fc.dictionary(channel, value),
  });
  fc.assert(fc.property(config, (input) => {
    const { value: values, plain } = threshold.parse(input, "h.t");
    const expected = (key: string) =>
      input.channels[key] ?? input.groups.findLast((g) => g.channels.includes(key))?.value ?? input.default;
    const flat: Record<string, number> = {};
    for (let b = 2; b >= 0; b--) {
      for (let c = 12; c >= 0; c--) {
        flat[`${b}:${c}`] = expected(`${b}:${c}`);
        assert.equal(values.at(b, c), expected(`${b}:${c}`));
      }
    }
    assert.equal(values.uniform, Object.values(flat).every((v) => v === input.default));
    const same = JSON.stringify(plain);
    assert.equal(
      JSON.stringify(threshold.parse({ default: input.default, channels: flat }, "h.t").plain),
      same,
    );
    assert.equal(JSON.stringify(threshold.parse(JSON.parse(same), "h.t").plain), same);
  }));
});
