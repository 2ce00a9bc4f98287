import assert from "node:assert/strict";
import { fileOf, readAll, sharedFile, sharedTest, TestFolder } from "./_testing.ts";
import { polarities, polaritiesIn } from "./polarity.ts";

const entry = (value: string): string =>
  `<entry>\n <key>SRV_PARAM_CH_POLARITY</key>\n <value xsi:type="xs:string">${value}</value></entry>`;
const board = (own: string, channels: Record<number, string> = {}): string =>
  `<board><parameters>${
    own === "" ? "" : entry(`\n <value xsi:type="xs:string">${own}</value><descriptor/>`)
  }</parameters>${
    Object.entries(channels).map(([index, value]) =>
      `<channel>\n<index>${index}</index>\n<values>${value === "" ? "" : entry(value)}</values></channel>`
    ).join("")
  }</board>`;
const POSITIVE = "POLARITY_POSITIVE", NEGATIVE = "POLARITY_NEGATIVE";

sharedTest("polaritiesIn() finds positive pulses in the real settings", async () => {
  const found = polaritiesIn(await Deno.readTextFile(sharedFile("compass_test_data_settings.xml")));
  assert.deepEqual([found.at(0, 0), found.at(0, 7), found.at(1, 0)], [1, 1, 0]);
});

Deno.test("polaritiesIn() takes a channel's own polarity, else that of its board", () => {
  const found = polaritiesIn(
    board(POSITIVE, { 0: "", 2: NEGATIVE }) + board(NEGATIVE, { 1: POSITIVE }) + board("", { 1: NEGATIVE }),
  );
  assert.deepEqual([0, 1, 2].map((channel) => found.at(0, channel)), [1, 1, -1]);
  assert.deepEqual([0, 1, 2].map((channel) => found.at(1, channel)), [-1, 1, -1]);
  assert.deepEqual([0, 1, 2].map((channel) => found.at(2, channel)), [0, -1, 0]);
  assert.equal(found.at(3, 0), 0);
});

Deno.test("polaritiesIn() knows none where the settings say none", () => {
  for (const xml of ["", "not XML", board(""), board("POLARITY_BOTH"), entry(POSITIVE)]) {
    assert.equal(polaritiesIn(xml).at(0, 0), 0);
  }
});

Deno.test("polarities() takes the best settings there are", async () => {
  using folder = new TestFolder();
  const bin = folder.file("run/RAW/a.BIN", "");
  assert.equal((await polarities(bin)).at(0, 0), 0);
  folder.file("run/settings.xml", board(POSITIVE));
  assert.equal((await polarities(bin)).at(0, 0), 1);
  folder.file("run/RAW/settings.xml", board(NEGATIVE));
  assert.equal((await polarities(bin)).at(0, 0), -1);
});

Deno.test("openCompass() gives every trace the polarity of its channel, whatever dt is", async () => {
  using folder = new TestFolder();
  const events = [0, 1].flatMap((b) =>
    [0, 1].map((channel) => ({ time: BigInt(2 * b + channel), board: b, channel, samples: [1, 2] }))
  );
  const path = folder.file("a/a.BIN", fileOf(8, events));
  const other = folder.file("b/b.BIN", fileOf(8, events.map((one) => ({ ...one, time: one.time + 9n }))));
  folder.file("a/settings.xml", board(POSITIVE, { 1: NEGATIVE }));
  for (const options of [{}, { dt: 5 }, { dt: 5, maxRows: 1, readBytes: 3 }]) {
    const { rows } = await readAll([path, other], { reorderWindow: 0, ...options });
    assert.deepEqual(rows.map((row) => row.polarity), [1, -1, 0, 0, 0, 0, 0, 0]);
  }
});
