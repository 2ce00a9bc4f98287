import assert from "node:assert/strict";
import fc from "fast-check";
import { TestFolder } from "../compass/_testing.ts";
import { anyTraces, brief, inOrder, readRun, sameForAnySize } from "../_testing.ts";
import { parseSamples } from "./samples.ts";
import { csvHeader, csvRow } from "./write.ts";

const row = csvRow({ channel: 1, time: 5n, samples: [7, 8] });

Deno.test("CSV files give every trace that was written, in time order, in several files", () =>
  fc.assert(
    fc.asyncProperty(anyTraces(), fc.integer({ min: 0, max: 12 }), async (traces, cut) => {
      using folder = new TestFolder();
      const text = (some: typeof traces) => some.map(csvRow).join("");
      const first = traces.slice(0, cut), second = traces.slice(cut);
      folder.file("RAW/DataR_CH0@VX2730_7_1.CSV", csvHeader() + text(first));
      folder.file("RAW/DataR_CH0@VX2730_7_2.CSV", text(second) || csvHeader());
      const { rows } = await readRun(folder.path, { dt: 2000 });
      assert.deepEqual(
        rows.map(({ time, board, channel, energy, flags, wave }) => ({
          time,
          board,
          channel,
          energy,
          flags,
          samples: wave,
        })),
        inOrder(traces),
      );
      rows.forEach((row, i) => {
        assert.equal(row.endtime, row.time + 2000n * BigInt(row.length));
        assert.equal(row.record_id, BigInt(i));
      });
    }),
    { numRuns: 60 },
  ));

Deno.test("CSV files give the same rows for any size of pieces and reads", async () => {
  using folder = new TestFolder();
  const times = [500, 3, 100, 100, 90, 2000, 1500, 1501];
  const lines = times.map((t, i) =>
    csvRow({ channel: i % 3, time: BigInt(t), samples: [i, 65535, 0, 12345].slice(0, i % 5) })
  );
  folder.file("a_CH0_1.csv", csvHeader() + lines.slice(0, 5).join(""));
  folder.file("a_CH0_2.csv", lines.slice(5).join("").replaceAll("\n", "\r\n"));
  folder.file("a_settings.xml", "<key>SRV_PARAM_RECLEN</key><value><value>8</value></value>");
  assert.equal((await sameForAnySize(folder.path, { reorderWindow: 1000 })).length, 8);
});

const headers: [name: string, text: string, rest: string, expected: Record<string, unknown>][] = [
  ["of CoMPASS", "BOARD;CHANNEL;TIMETAG;ENERGY;ENERGYSHORT;FLAGS;SAMPLES", "1;2;30;4;5;0x4000;6;7", {
    energy: 4,
    energy_short: 5,
    flags: 0x4000,
    wave: [6, 7],
  }],
  [
    "of CoMPASS with calibrated energies",
    "BOARD;CHANNEL;TIMETAG;ENERGY;CALIB_ENERGY;ENERGYSHORT;FLAGS;PROBE_CODE;SAMPLES",
    "1;2;30;4;661.5;5;0x4000;1;6;7",
    { energy: 4, energy_calibrated: 661.5, energy_short: 5, wave: [6, 7] },
  ],
  ["of a list without samples", "BOARD;CHANNEL;TIMETAG;ENERGY;FLAGS", "1;2;30;4;0x1", {
    energy: 4,
    flags: 1,
    wave: [],
  }],
  ["with units and commas", "BOARD,CHANNEL,TIMETAG(ps),OTHER,SAMPLES", "1,2,30,abc,6,7", { wave: [6, 7] }],
  ["in the second line", "VX2730 of today\nBOARD;CHANNEL;TIMETAG;ENERGY;SAMPLES", "1;2;30;4;6;7;", {
    energy: 4,
    wave: [6, 7],
  }],
];
for (const [name, header, rest, expected] of headers) {
  Deno.test(`a CSV header ${name} says where the columns lie`, async () => {
    using folder = new TestFolder();
    const { rows: [row] } = await readRun(folder.file("a.csv", `${header}\n${rest}\n`), { dt: 2000 });
    assert.deepEqual([row!.board, row!.channel, row!.time], [1, 2, 30n]);
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(row![key as "energy"], value, key);
  });
}

Deno.test("CSV files may start with a byte order mark", async () => {
  using folder = new TestFolder();
  for (const text of ["\ufeff" + csvHeader() + row, "\ufeff" + row]) {
    assert.deepEqual(brief(await sameForAnySize(folder.file("a.csv", text), { dt: 2000 })), [[5n, 1, 7, 8]]);
  }
});

Deno.test("CSV files without any header have the columns of a VX2730", async () => {
  using folder = new TestFolder();
  const { rows } = await readRun(folder.file("a.csv", "1;2;30;4;5;0x10;1;6;7\n"), { dt: 2000 });
  assert.deepEqual([rows[0]!.energy, rows[0]!.energy_short, rows[0]!.flags, rows[0]!.wave], [4, 5, 16, [
    6,
    7,
  ]]);
});

Deno.test("CSV files without a header have the columns of their channel's first file", async () => {
  using folder = new TestFolder();
  folder.file("a_CH0_1.csv", "BOARD;CHANNEL;TIMETAG;SAMPLES\n0;0;1;11\n");
  folder.file("a_CH1_1.csv", "BOARD;CHANNEL;TIMETAG;ENERGY;SAMPLES\n0;1;2;3;12\n");
  folder.file("a_CH1_2.csv", "0;1;4;3;13\n");
  const { rows } = await readRun(folder.path, { dt: 2000 });
  assert.deepEqual(brief(rows), [[1n, 0, 11], [2n, 1, 12], [4n, 1, 13]]);
});

Deno.test("the sampling interval and the polarity of CSV files come from the settings, or it is said that they don't", async () => {
  using folder = new TestFolder();
  const file = folder.file("a.csv", csvHeader() + row);
  const assumed = await readRun(file);
  assert.equal(assumed.rows[0]!.dt, 2000);
  assert.match(
    assumed.notices.join(),
    /sampling interval of ".*a\.csv" is assumed to be 2000 ps.*raw_files\.dt/,
  );
  folder.file("settings.xml", "<key>SRV_PARAM_RECLEN</key><value><value>16</value></value>");
  const found = await readRun(file);
  assert.deepEqual([found.rows[0]!.dt, found.notices], [8000, []]);
});

Deno.test("CSV files beside those of channels are left out, which is said", async () => {
  using folder = new TestFolder();
  folder.file("a_CH1.csv", csvHeader() + row);
  folder.file("results.csv", "x,y\n1,2\n");
  const { rows, notices } = await readRun(folder.path, { dt: 2000 });
  assert.equal(rows.length, 1);
  assert.match(notices.join(), /left out.*"results\.csv"/);
});

Deno.test("recover leaves out lines that cannot be read, rows that come too late, and says so", async () => {
  using folder = new TestFolder();
  const rows = [10n, 5000n, 20n, 6000n].map((time) => csvRow({ time, samples: [1] }));
  const file = folder.file(
    "a.csv",
    csvHeader() + rows.join("") + "0;x;1\n" + csvRow({ time: 7000n, samples: [2] }) + "0;1;8000;0",
  );
  const { rows: kept, notices } = await readRun(file, { dt: 2, recover: true, reorderWindow: 100 });
  assert.deepEqual(kept.map(({ time }) => time), [10n, 5000n, 6000n, 7000n]);
  assert.match(
    notices.join("\n"),
    /Left out 2 lines of ".*a\.csv" that cannot be read: line 6: column 2 is "x"/,
  );
  assert.match(notices.join("\n"), /Left out 1 row .* too late: the row at line 4 lies 4980 ps behind/);
});

const rejected: Record<string, [text: string, message: RegExp]> = {
  "is empty": ["", /at line 1: it is empty/],
  "is something else": ["a,b\n1,2\n", /at line 1: it starts with "a,b", neither a header/],
  "has times in another unit": ["BOARD;CHANNEL;TIMETAG(ns);SAMPLES\n", /at line 1: its times are in ns/],
  "has a column twice": ["BOARD;CHANNEL;TIMETAG;BOARD\n", /at line 1: the column BOARD is there twice/],
  "has columns behind the samples": [
    "BOARD;CHANNEL;TIMETAG;SAMPLES;FLAGS\n",
    /at line 1: columns follow behind SAMPLES/,
  ],
  "was cut": [
    csvHeader() + row + row.slice(0, -1),
    /at line 3: it does not end with a line break.*--recover/,
  ],
  "has a row of text": [csvHeader() + "0;1;x;0;0;0;0;1\n", /at line 2: column 3 is "x", which is no time/],
  "has a row that is too short": [csvHeader() + row + "0;1;5\n", /at line 3: it has 3 columns of 7 in front/],
  "has a time beyond 64 bits": [csvHeader() + "0;1;9223372036854775808;0;0;0;0;1\n", /at line 2: column 3/],
  "has a time at the end of 64 bits": [
    csvHeader() + "0;1;9223372036854775807;0;0;0;0;1\n",
    /at line 2: its time/,
  ],
  "has a channel above 65535": [csvHeader() + "0;65536;5;0;0;0;0;1\n", /at line 2: column 2 is "65536"/],
  "has wrong flags": [csvHeader() + "0;1;5;0;0;0x1ffffffff;0;1\n", /at line 2: column 6 is "0x1ffffffff"/],
  "has a negative sample": [
    csvHeader() + "0;1;5;0;0;0;0;12345;-7;123456;7;7;7\n",
    /at line 2: sample 1 is "-7"/,
  ],
  "has a sample above 65535": [csvHeader() + "0;1;5;0;0;0;0;65536;1;1;1\n", /at line 2: sample 0 is "65536"/],
  "has a fraction": [csvHeader() + "0;1;5;0;0;0;0;1;2.5\n", /at line 2: sample 1 is "2.5"/],
  "has an empty sample": [csvHeader() + "0;1;5;0;0;0;0;1;;2;3;4;5;6;7\n", /at line 2: sample 1 is ""/],
  "has rows that come too late": [
    csvHeader() + csvRow({ time: 2n ** 40n, samples: [] }) + row,
    /at line 3 lies 1099511627771 ps behind .* set reorderWindow to at least 1099511627771 ps/,
  ],
};
for (const [name, [text, message]] of Object.entries(rejected)) {
  Deno.test(`a CSV file that ${name} is refused`, async () => {
    using folder = new TestFolder();
    const file = folder.file("a.csv", text);
    await assert.rejects(readRun(file, { dt: 2000 }), (error: Error) => {
      assert.match(error.message, /a\.csv"/);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("parseSamples() reads what Number reads, and stops at what it is not to read", () => {
  const part = fc.oneof({ weight: 8, arbitrary: fc.nat(65535).map(String) }, {
    weight: 1,
    arbitrary: fc.constantFrom("", "-1", "65536", "123456", "1e3", " 5", "00007", "x"),
  });
  fc.assert(fc.property(fc.array(part, { maxLength: 20 }), fc.nat(9), fc.boolean(), (parts, from, closed) => {
    const text = new TextEncoder().encode(
      "9".repeat(from) + parts.join(";") + (closed && parts.length > 0 ? ";" : ""),
    );
    const out = new Uint16Array(text.length + 2);
    const n = parseSamples(text, from, text.length, 59, out);
    const isWhole = (text: string) => /^\d{1,5}$/.test(text) && Number(text) < 65536;
    const empty = parts.length === 1 && parts[0] === "" && !closed;
    if (parts.length > 0 && parts.at(-1) === "" && !closed && parts.slice(0, -1).every(isWhole)) {
      assert.equal(n, parts.length - 1); // a separator at the end
    } else if (empty || parts.every(isWhole)) {
      assert.equal(n, empty ? 0 : parts.length);
      assert.deepEqual([...out.subarray(0, n)], empty ? [] : parts.map(Number));
    } else assert(n < 0 && -1 - n >= from && -1 - n <= text.length, String(n));
  }));
});
