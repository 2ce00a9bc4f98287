import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatBytes,
  formatTime,
  MAX_TIME,
  MIN_TIME,
  parseBytes,
  parseFrequency,
  parseTime,
  parseTimeRange,
} from "./units.ts";

const SCALES: Record<string, bigint> = {
  ps: 1n,
  ns: 1000n,
  us: 1_000_000n,
  "µs": 1_000_000n, // U+00B5
  "μs": 1_000_000n, // U+03BC
  ms: 1_000_000_000n,
  s: 1_000_000_000_000n,
  min: 60_000_000_000_000n,
  h: 3_600_000_000_000_000n,
};

Deno.test("parseTime() knows every unit", () => {
  for (const [unit, scale] of Object.entries(SCALES)) {
    assert.equal(parseTime(`3 ${unit}`), 3n * scale, unit);
    assert.equal(parseTime(` -2${unit} `), -2n * scale, unit);
  }
});

Deno.test("parseTime() is exact for decimals that floating point is not", () => {
  assert.equal(parseTime("0.1 ns"), 100n);
  assert.equal(parseTime("1.5us"), 1_500_000n);
  assert.equal(parseTime(".5 ms"), 500_000_000n);
  assert.equal(parseTime("2. s"), 2_000_000_000_000n);
  assert.equal(parseTime("1e-3 s"), 1_000_000_000n);
  assert.equal(parseTime("+0.3 ns"), 300n);
  assert.equal(parseTime("4503599.627370497 s"), 4_503_599_627_370_497_000n); // above 2^53 ps
  assert.equal(parseTime("0.05 min"), 3_000_000_000_000n);
});

Deno.test("parseTime() takes numbers and text without a unit as ps", () => {
  assert.equal(parseTime(1500), 1500n);
  assert.equal(parseTime(2n ** 62n), 2n ** 62n);
  assert.equal(parseTime("100"), 100n);
});

Deno.test("parseTime() refuses what is no whole number of ps", () => {
  for (const text of ["0.5 ps", "0.0001 ns", "1e-13 s", "0.1"]) {
    assert.throws(() => parseTime(text), {
      name: "RangeError",
      message: new RegExp(`"${text}".*whole number of ps`),
    });
  }
  for (const value of [0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => parseTime(value), { name: "RangeError", message: new RegExp(`${value}.*10 ns`) });
  }
});

Deno.test("parseTime() keeps within 64 bits", () => {
  assert.equal(parseTime("9223372036854775807"), MAX_TIME);
  assert.equal(parseTime("-9223372036854775808 ps"), MIN_TIME);
  for (const value of ["9223372036854775808", MAX_TIME + 1n, MIN_TIME - 1n, "2562048 h", "1e999 s"]) {
    assert.throws(() => parseTime(value), { name: "RangeError", message: /107 days/ });
  }
});

Deno.test("parseTime() names the text and the units", () => {
  for (const text of ["", "ns", "abc", "1.2.3 s", "--1 s", "1e s", "1..2", ".", "1e1234 ps", "0x10"]) {
    assert.throws(() => parseTime(text), (error: Error) => {
      assert.equal(error.name, "SyntaxError", text);
      assert.ok(
        error.message.includes(`"${text}"`) && error.message.includes("ps, ns, us, ms, s, min, h"),
        error.message,
      );
      return true;
    });
  }
  assert.throws(() => parseTime("10 Hz"), {
    name: "SyntaxError",
    message: /unit "Hz" is unknown; the units are ps, ns/,
  });
  assert.throws(() => parseTime("10 MS"), { name: "SyntaxError", message: /unit "MS" is unknown/ });
  assert.throws(() => parseTime("1 toString"), { name: "SyntaxError", message: /unknown/ });
});

Deno.test("formatTime() shows the largest unit that is filled", () => {
  const cases: [bigint, string][] = [
    [0n, "0 ps"],
    [1n, "1 ps"],
    [999n, "999 ps"],
    [1000n, "1 ns"],
    [1_204_000_000n, "1.204 ms"],
    [1_204_600_000n, "1.205 ms"],
    [999_600_000n, "999.6 µs"],
    [999_999_500n, "1 ms"],
    [999_999_499n, "999.999 µs"],
    [59_999_600_000_000n, "1 min"],
    [90_000_000_000_000n, "1.5 min"],
    [7_200_000_000_000_000n, "2 h"],
    [-1500n, "-1.5 ns"],
  ];
  for (const [ps, text] of cases) assert.equal(formatTime(ps), text);
});

Deno.test("formatTime() and parseTime() agree exactly when asked to", () => {
  assert.equal(formatTime(7_200_000_000_000_001n, { exact: true }), "7200.000000000001 s");
  fc.assert(fc.property(fc.bigInt(MIN_TIME, MAX_TIME), fc.nat(18), (big, zeros) => {
    const time = big / 10n ** BigInt(zeros);
    assert.equal(parseTime(formatTime(time, { exact: true })), time);
  }));
});

Deno.test("formatTime() is off by at most half a thousandth of its unit", () => {
  fc.assert(fc.property(fc.bigInt(-(10n ** 18n), 10n ** 18n), fc.nat(17), (big, zeros) => {
    const time = big / 10n ** BigInt(zeros);
    const text = formatTime(time);
    const [, digits, unit] = /^-?([\d.]+) (\S+)$/.exec(text)!;
    assert.ok(Number(digits) < 3600, text);
    assert.ok(time === 0n || Number(digits) >= 1, text);
    const error = parseTime(text) - time;
    assert.ok(2000n * (error < 0n ? -error : error) <= SCALES[unit!]!, `${time} became ${text}`);
  }));
});

Deno.test("parseTime() reads a decimal as the integer division says", () => {
  const units = Object.keys(SCALES);
  fc.assert(fc.property(fc.nat(2500), fc.nat(6), fc.constantFrom(...units), (mantissa, places, unit) => {
    const digits = mantissa.toString().padStart(places + 1, "0");
    const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
    const scaled = BigInt(mantissa) * SCALES[unit]!;
    const one = 10n ** BigInt(places);
    if (scaled % one === 0n) assert.equal(parseTime(`${text}${unit}`), scaled / one);
    else assert.throws(() => parseTime(`${text}${unit}`), RangeError);
  }));
});

Deno.test("parseFrequency() gives hertz", () => {
  assert.equal(parseFrequency("2kHz"), 2000);
  assert.equal(parseFrequency("0.1 Hz"), 0.1);
  assert.equal(parseFrequency("1.1 MHz"), 1_100_000); // 1.1 * 1e6 is 1100000.0000000002
  assert.equal(parseFrequency("0.5GHz"), 5e8);
  assert.equal(parseFrequency("50"), 50);
  assert.equal(parseFrequency(12.5), 12.5);
  assert.throws(() => parseFrequency("2 khz"), {
    name: "SyntaxError",
    message: /"2 khz".*Hz, kHz, MHz, GHz/,
  });
  assert.throws(() => parseFrequency("fast"), { name: "SyntaxError", message: /"fast"/ });
  for (const value of [NaN, "1e400 Hz"]) assert.throws(() => parseFrequency(value), RangeError);
});

Deno.test("parseBytes() knows powers of 1000 and of 1024", () => {
  assert.equal(parseBytes("512MiB"), 512 * 2 ** 20);
  assert.equal(parseBytes("2GB"), 2e9);
  assert.equal(parseBytes("1.5 KiB"), 1536);
  assert.equal(parseBytes("1 kB"), 1000);
  assert.equal(parseBytes("1 KB"), 1000);
  assert.equal(parseBytes("4 TiB"), 2 ** 42);
  assert.equal(parseBytes("1 TB"), 1e12);
  assert.equal(parseBytes("17"), 17);
  assert.equal(parseBytes(0), 0);
  assert.equal(parseBytes("1.1 KiB"), 1126); // 1126.4
});

Deno.test("parseBytes() refuses other units and sizes that are none", () => {
  assert.throws(() => parseBytes("512M"), { name: "SyntaxError", message: /"512M".*MiB/ });
  assert.throws(() => parseBytes("big"), { name: "SyntaxError", message: /"big"/ });
  for (const value of [-1, 1.5, NaN, 2 ** 53, "-1 B", "-0.1 B", "9000 TiB"]) {
    assert.throws(() => parseBytes(value), { name: "RangeError", message: /whole number of bytes/ });
  }
});

Deno.test("formatBytes() shows powers of 1024", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [2 ** 20 - 1, "1 MiB"],
    [512 * 2 ** 20, "512 MiB"],
    [5 * 2 ** 50, "5120 TiB"],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

Deno.test("parseBytes() reads back what formatBytes() shows, to its two decimals", () => {
  fc.assert(fc.property(fc.nat({ max: 2 ** 52 }), fc.nat(52), (big, shift) => {
    const bytes = Math.floor(big / 2 ** shift);
    const back = parseBytes(formatBytes(bytes));
    assert.ok(Math.abs(back - bytes) <= bytes * 0.006, `${bytes} became ${formatBytes(bytes)}`);
  }));
});

Deno.test("parseTimeRange() reads both ends", () => {
  const s = 10n ** 12n;
  assert.deepEqual(parseTimeRange("1s..2s"), [s, 2n * s]);
  assert.deepEqual(parseTimeRange(" 1.5 s .. 2 s "), [3n * s / 2n, 2n * s]);
  assert.deepEqual(parseTimeRange("100..200"), [100n, 200n]);
  assert.deepEqual(parseTimeRange("-5ns..5ns"), [-5000n, 5000n]);
  assert.deepEqual(parseTimeRange("0..2s"), [0n, 2n * s]);
});

Deno.test("parseTimeRange() leaves an end open", () => {
  assert.deepEqual(parseTimeRange("..5ms"), [MIN_TIME, 5n * 10n ** 9n]);
  assert.deepEqual(parseTimeRange("5ms.."), [5n * 10n ** 9n, MAX_TIME]);
  assert.deepEqual(parseTimeRange(".."), [MIN_TIME, MAX_TIME]);
});

Deno.test("parseTimeRange() refuses what is no range", () => {
  for (const text of ["1s", "1s...2s", "0s...2s", "1s..2s..3s", "", "1s-2s", "1s..later"]) {
    assert.throws(() => parseTimeRange(text), { name: "SyntaxError" }, text);
  }
  for (const text of ["1..2s", "1s..2"]) {
    assert.throws(() => parseTimeRange(text), { name: "SyntaxError", message: /only one end has a unit/ });
  }
  for (const text of ["2s..1s", "1s..1s", "0.1..5"]) {
    assert.throws(() => parseTimeRange(text), RangeError, text);
  }
});
