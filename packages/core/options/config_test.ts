import assert from "node:assert/strict";
import fc from "fast-check";
import { Config, type ConfigValues, type OptionOwner } from "./config.ts";
import { option } from "./option.ts";

const hits = {
  name: "hits",
  options: {
    threshold: option.number({ default: 10, min: 0, unit: "ADC", help: "Lowest height", perChannel: true }),
    polarity: option.choice(["negative", "positive"], {
      default: "negative",
      help: "Sign",
      perChannel: true,
    }),
    dt: option.time({ default: "2 ns", help: "Sampling interval", aliases: ["dt_ps", "sampling"] }),
    workers: option.integer({ default: 4, track: false, help: "Threads" }),
  },
};
const peaks = {
  name: "peaks",
  options: {
    threshold: option.number({ default: 3, help: "Lowest prominence" }),
    distance: option.integer({ default: 2, help: "Samples between peaks" }),
  },
};
const both: OptionOwner[] = [hits, peaks];

const thresholds = (config: Config) => [
  config.resolve(hits).values.threshold.default,
  config.resolve(peaks).values.threshold,
];

Deno.test("set() takes flat, nested and bare keys", () => {
  assert.deepEqual(thresholds(new Config().set({ "hits.threshold": 1 })), [1, 3]);
  assert.deepEqual(thresholds(new Config().set({ hits: { threshold: 1 } })), [1, 3]);
  assert.deepEqual(thresholds(new Config().set({ threshold: 1 })), [1, 1]);
});

Deno.test("a value for one plugin wins over one for all, whichever was set last", () => {
  for (const own of [{ "hits.threshold": 1 }, { hits: { threshold: 1 } }] as ConfigValues[]) {
    assert.deepEqual(thresholds(new Config().set(own).set({ threshold: 2 })), [1, 2]);
    assert.deepEqual(thresholds(new Config().set({ threshold: 2 }).set(own)), [1, 2]);
  }
});

Deno.test("the last of equals wins, aliases included, and its source is kept", () => {
  const config = new Config()
    .set({ "hits.dt": "1 ns", dt: 7 }, "file run.yaml")
    .set({ hits: { sampling: "3 ns" } }, "script")
    .set({ dt_ps: 9 }, "--set");
  const { values, sources } = config.resolve(hits);
  assert.equal(values.dt, 3000);
  assert.deepEqual(sources.dt, { source: "script", key: "hits.sampling" });
  assert.deepEqual(sources.threshold, { source: "default", key: "hits.threshold" });
  config.set({ "hits.dt_ps": 5 }, "--set");
  assert.equal(config.resolve(hits).values.dt, 5);
  assert.deepEqual(new Config().set({ dt: 1 }).set({ sampling: 2 }, "b").resolve(hits).sources.dt, {
    source: "b",
    key: "sampling",
  });
});

Deno.test("what wins is the last specific value, else the last bare one, else the default", () => {
  const key = fc.constantFrom("threshold", "hits.threshold", "hits", "peaks.threshold");
  fc.assert(fc.property(fc.array(fc.tuple(key, fc.nat(100)), { maxLength: 6 }), (steps) => {
    const config = new Config();
    for (const [k, v] of steps) config.set(k === "hits" ? { hits: { threshold: v } } : { [k]: v });
    config.check(both);
    const last = (...keys: string[]) => steps.findLast(([k]) => keys.includes(k))?.[1];
    assert.deepEqual(thresholds(config), [
      last("hits", "hits.threshold") ?? last("threshold") ?? 10,
      last("peaks.threshold") ?? last("threshold") ?? 3,
    ]);
  }));
});

Deno.test("an unknown key is never ignored: check() names it, the nearest and all there are", () => {
  const cases: [ConfigValues, ...RegExp[]][] = [
    [
      { "hits.treshold": 1 },
      /"hits\.treshold" \(--set\)/,
      /plugin "hits" has no option "treshold"/,
      /did you mean "threshold"\?/,
      /Its options are dt, polarity, threshold, workers/,
    ],
    [{ hits: { treshold: 1 } }, /"hits\.treshold"/, /did you mean "threshold"\?/],
    [{ "hist.threshold": 1 }, /no plugin "hist"; did you mean "hits"\? The plugins are hits, peaks/],
    [{ hist: { threshold: 1 } }, /no plugin "hist"; did you mean "hits"\?/, /[Tt]he plugins are hits, peaks/],
    [
      { treshold: 1 },
      /"treshold"/,
      /no plugin has that option; did you mean "threshold"\?/,
      /[Tt]he options are distance, dt/,
    ],
    [{ zzzzzz: 1 }, /no plugin has that option; the options are/],
    [{ hits: 5 }, /"hits".*to 5: it is a plugin; give its options by name/],
    [{ threshold: { chanels: {} } }, /no plugin "threshold".*keys default, groups and channels/],
    [{ toString: 1 }, /"toString"/],
    [{ "hits.constructor": 1 }, /no option "constructor"/],
    [{ hits: { "a.threshold": 1 } }, /no option "a\.threshold"/],
  ];
  for (const [values, ...messages] of cases) {
    for (const message of messages) {
      assert.throws(() => new Config().set(values, "--set").check(both), { name: "RangeError", message });
    }
  }
});

Deno.test("check() names every unknown key at once and passes what is known", () => {
  const config = new Config().set({
    a1: 1,
    "hits.b1": 2,
    "hits.dt": 3,
    threshold: 4,
    sampling: 5,
    peaks: {},
  });
  assert.throws(() => config.check(both), (error: Error) => {
    assert.equal(error.message.split("\n").length, 2);
    assert.match(error.message, /"a1"[^]*"hits\.b1"/);
    return true;
  });
  new Config().set({ "hits.dt": 3, threshold: { channels: { "0:1": 4 } }, sampling: 5, peaks: {} }).check(
    both,
  );
});

Deno.test("resolve() itself refuses an unknown option of its plugin", () => {
  for (const values of [{ "hits.treshold": 1 }, { hits: { treshold: 1 } }] as ConfigValues[]) {
    assert.throws(() => new Config().set(values).resolve(hits), {
      name: "RangeError",
      message: /"threshold"\?/,
    });
    new Config().set(values).resolve(peaks);
  }
});

Deno.test("a value of the wrong type is an error, not a warning, and names all there is to know", () => {
  assert.throws(() => new Config().set({ "hits.threshold": "high" }, "file run.yaml").resolve(hits), {
    name: "TypeError",
    message:
      'Cannot set "hits.threshold" (file run.yaml) to "high", which is no number; it takes a number (ADC), at least 0',
  });
  assert.throws(() => new Config().set({ polarity: "up" }).resolve(hits), {
    name: "RangeError",
    message:
      'Cannot set "hits.polarity" (script) to "up", which is no choice; it takes one of negative, positive',
  });
  assert.throws(() => new Config().set({ threshold: [1] }).resolve(peaks), {
    name: "TypeError",
    message: /\[1\]/,
  });
});

Deno.test("options may differ from channel to channel, polarity like any other", () => {
  const config = new Config().set({
    hits: { polarity: { default: "positive", groups: [{ channels: ["0:1", "0:2"], value: "negative" }] } },
    threshold: { channels: { "0:1": 25 } },
  });
  const { values, tracked } = config.resolve(hits);
  assert.deepEqual([0, 1, 2].map((c) => values.polarity.at(0, c)), ["positive", "negative", "negative"]);
  assert.deepEqual([0, 1, 2].map((c) => values.threshold.at(0, c)), [10, 25, 10]);
  assert.deepEqual(tracked.threshold, { channels: { "0:1": 25 }, default: 10 });
  // peaks has the option too, but one value for all channels
  assert.throws(() => config.resolve(peaks), { name: "TypeError", message: /"peaks\.threshold"/ });
});

Deno.test("a plugin named like another's option keeps its section to itself", () => {
  const gain = { name: "threshold", options: { slope: option.number({ default: 1, help: "Slope" }) } };
  const config = new Config().set({ threshold: { slope: 2 } });
  config.check([...both, gain]);
  assert.equal(config.resolve(gain).values.slope, 2);
  assert.deepEqual(thresholds(config), [10, 3]);
});

Deno.test("a plugin's name may hold dots", () => {
  const dotted = { name: "hits.v2", options: { dt: option.time({ default: 1, help: "Interval" }) } };
  const config = new Config().set({ "hits.v2.dt": 8 });
  config.check([dotted]);
  assert.equal(config.resolve(dotted).values.dt, 8);
  assert.equal(config.resolve(hits).values.dt, 2000);
});

Deno.test("tracked values hold results' options only: no help, no untracked option", () => {
  const reworded = {
    name: "hits",
    options: {
      workers: option.integer({ default: 99, track: false, help: "Other words" }),
      dt: option.time({ default: 2000, help: "Other words", aliases: ["x"] }),
      polarity: option.choice(["negative", "positive"], {
        default: "negative",
        help: "Other",
        perChannel: true,
      }),
      threshold: option.number({ default: 10, help: "Other words", perChannel: true }),
    },
  };
  const text = JSON.stringify(new Config().set({ "hits.workers": 2 }).resolve(hits).tracked);
  assert.equal(text, '{"dt":2000,"polarity":"negative","threshold":10}');
  assert.equal(JSON.stringify(new Config().resolve(reworded).tracked), text);
});

Deno.test("tracked values are the same however they were written and in whatever order", () => {
  const forms: ConfigValues[][] = [
    [{ "hits.dt": "4 ns" }, { hits: { dt: 4000 } }, { sampling: "0.004 us" }, { dt_ps: "4000" }],
    [{ "hits.threshold": 12 }, { threshold: "12.0" }, { hits: { threshold: { default: 12 } } }, {
      threshold: { default: 12, channels: { "0:1": "1.2e1" } },
    }],
    [{ "hits.polarity": { channels: { "0:10": "positive", "0:9": "positive" } } }, {
      polarity: { groups: [{ channels: ["0:9", "0:10"], value: "positive" }] },
    }],
    [{}, { workers: 7 }],
  ];
  const choice = fc.tuple(...forms.map((form) => fc.constantFrom(...form)));
  const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
  const expected =
    '{"dt":4000,"polarity":{"channels":{"0:9":"positive","0:10":"positive"},"default":"negative"},"threshold":12}';
  fc.assert(fc.property(choice, order, (chosen, indices) => {
    const config = new Config();
    for (const k of indices) config.set(chosen[k]!);
    assert.equal(JSON.stringify(config.resolve(hits).tracked), expected);
  }));
});

Deno.test("set() copies what it is given", () => {
  const values = { hits: { threshold: { channels: { "0:1": 5 } } } };
  const config = new Config().set(values);
  values.hits.threshold.channels["0:1"] = 6;
  assert.equal(config.resolve(hits).values.threshold.at(0, 1), 5);
});

Deno.test("clone() goes its own way", () => {
  const first = new Config().set({ threshold: 1 });
  const second = first.clone().set({ threshold: 2 });
  assert.deepEqual([thresholds(first), thresholds(second)], [[1, 1], [2, 2]]);
});

Deno.test("set() refuses keys and values that cannot be meant, and then sets nothing", () => {
  const deep: Record<string, unknown> = {};
  deep.a = deep;
  const cases: [unknown, RegExp][] = [
    [{ "": 1 }, /Cannot set "" /],
    [{ ".threshold": 1 }, /"\.threshold" \(script\): write "plugin\.option"/],
    [{ "hits.": 1 }, /"hits\."/],
    [{ threshold: undefined }, /"threshold" \(script\) to undefined/],
    [{ hits: { threshold: undefined } }, /"hits" \(script\) to undefined/],
    [{ threshold: () => 1 }, /to a function/],
    [{ threshold: new Map() }, /an instance of Map/],
    [{ threshold: deep }, /nested more than 8 deep/],
    [[1], /from \[1\]: give an object/],
    ["threshold=1", /from "threshold=1"/],
    [null, /from null/],
  ];
  for (const [values, message] of cases) {
    assert.throws(() => new Config().set(values as ConfigValues), { name: "TypeError", message });
  }
  const config = new Config();
  assert.throws(() => config.set({ threshold: 1, "": 2 }));
  assert.deepEqual(thresholds(config), [10, 3]);
});
