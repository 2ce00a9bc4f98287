import assert from "node:assert/strict";
import { fileOf, readAll, sharedFile, sharedTest, TestFolder } from "./_testing.ts";
import { recordLengths, samplingInterval, settingsPlaces } from "./settings.ts";

const xml = (...lengths: (number | string)[]): string =>
  `<configuration>${
    lengths.map((length) =>
      `<board><entry>\n <key>SRV_PARAM_RECLEN</key>\n <value>\n  <value xsi:type="xs:double">${length}</value><descriptor/></value></entry></board>`
    ).join("")
  }</configuration>`;

sharedTest("recordLengths() finds the one of the real settings", async () => {
  assert.deepEqual(recordLengths(await Deno.readTextFile(sharedFile("compass_test_data_settings.xml"))), [
    2000,
  ]);
});

Deno.test("recordLengths() takes one a board, and nothing from other entries", () => {
  assert.deepEqual(recordLengths(xml("1600.0", 800)), [1600, 800]);
  assert.deepEqual(recordLengths("<key>SRV_PARAM_RECLEN_MAX</key><value><value>5</value></value>"), []);
  assert.deepEqual(
    recordLengths("<key>SRV_PARAM_RECLEN</key></entry><key>x</key><value><value>5</value></value>"),
    [],
  );
  assert.deepEqual(recordLengths("not XML"), []);
});

Deno.test("recordLengths() refuses a length that is none", () => {
  for (const bad of ["", " ", "long", "0", "-5", "Infinity", "NaN"]) {
    assert.throws(
      () => recordLengths(xml(bad)),
      /SyntaxError: Cannot read SRV_PARAM_RECLEN: ".*" is no length/,
    );
  }
});

Deno.test("settingsPlaces() prefers the file's own settings, then the nearest", () => {
  assert.deepEqual(settingsPlaces("DAQ/run/RAW/a.b.BIN"), [
    "DAQ/run/RAW/a.b_settings.xml",
    "DAQ/run/RAW/settings.xml",
    "DAQ/run/a.b_settings.xml",
    "DAQ/run/settings.xml",
  ]);
});

Deno.test("samplingInterval() takes the best settings there are", async () => {
  using folder = new TestFolder();
  const bin = folder.file("run/RAW/a.BIN", "");
  const found = async (): Promise<[number, string | undefined]> => {
    const { dt, settings, problem } = await samplingInterval(bin, 500);
    assert.equal(problem, undefined);
    return [dt, settings?.slice(folder.path.length + 1)];
  };
  folder.file("run/settings.xml", xml(500));
  assert.deepEqual(await found(), [1000, "run/settings.xml"]);
  folder.file("run/RAW/settings.xml", xml(2000));
  assert.deepEqual(await found(), [4000, "run/RAW/settings.xml"]);
  folder.file("run/RAW/a_settings.xml", xml(1.5));
  assert.deepEqual(await found(), [3, "run/RAW/a_settings.xml"]);
});

const problems: [name: string, text: string, problem: RegExp][] = [
  ["no record length", "<configuration/>", /settings\.xml" has no SRV_PARAM_RECLEN/],
  ["an XML that is cut off", xml(2000).slice(0, 70), /has no SRV_PARAM_RECLEN/],
  ["boards that differ", xml(2000, 4000), /boards with different record lengths \(2000, 4000 ns\)/],
  [
    "a length that is no whole number of ps",
    xml(2000.0001),
    /2000\.0001 ns, which is no whole number of ps for 1000 samples/,
  ],
];
for (const [name, text, problem] of problems) {
  Deno.test(`samplingInterval() falls back and says why for ${name}`, async () => {
    using folder = new TestFolder();
    folder.file("settings.xml", text);
    const found = await samplingInterval(`${folder.path}/a.BIN`, 1000);
    assert.equal(found.dt, 2000);
    assert.match(found.problem ?? "", problem);
  });
}

Deno.test("samplingInterval() names settings with a length that cannot be read", async () => {
  using folder = new TestFolder();
  folder.file("settings.xml", xml("two"));
  await assert.rejects(
    samplingInterval(`${folder.path}/a.BIN`, 1000),
    /SyntaxError: Cannot take the sampling interval from ".*settings\.xml": .*"two".*; repair it, or give dt/,
  );
});

Deno.test("openCompass() takes dt from the option, else from the settings, else assumes it with one notice", async () => {
  using folder = new TestFolder();
  const bytes = fileOf(8, [{ time: 5n, samples: [1, 2, 3, 4] }, { time: 99n, samples: [1] }]);
  const paths = [folder.file("a/a.BIN", bytes), folder.file("b/b.BIN", bytes)];
  const assumed = await readAll(paths, { readBytes: 5 });
  assert.deepEqual(assumed.rows.map((row) => row.dt), [2000, 2000, 2000, 2000]);
  assert.equal(assumed.notices.length, 1);
  assert.match(
    assumed.notices[0]!,
    /The sampling interval of ".*a\.BIN" and 1 more is assumed to be 2000 ps: .*no settings XML.*; give dt/,
  );
  folder.file("b/settings.xml", xml(16));
  const one = await readAll(paths, { readBytes: 5 });
  assert.deepEqual(one.rows.map((row) => row.dt), [2000, 4000, 2000, 4000]);
  assert.deepEqual(one.rows.map((row) => row.endtime - row.time), [8000n, 16000n, 2000n, 4000n]);
  assert.equal(one.notices.length, 1);
  const given = await readAll(paths, { dt: 8 });
  assert.deepEqual(given.rows.map((row) => row.dt), [8, 8, 8, 8]);
  assert.deepEqual(given.notices, []);
});

Deno.test("openCompass() needs no sampling interval where there are no samples", async () => {
  using folder = new TestFolder();
  const { rows, notices } = await readAll([folder.file("a.BIN", fileOf(1, [{ time: 5n }]))]);
  assert.deepEqual([rows[0]!.dt, rows[0]!.endtime, notices], [2000, 5n, []]);
});
