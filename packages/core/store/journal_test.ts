import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { JOURNAL_HEAD, type JournalLine, journalLine, parseJournal } from "./_journal.ts";

const line: JournalLine = {
  file: "000000.arrow",
  sha256: "ab".repeat(32),
  rows: 3,
  start: -5n,
  end: 10n,
  coverEnd: 12n,
  firstStart: -5n,
  longestRow: 7n,
  bytes: 99,
  restarts: { hits: { at: -1n }, "a=b,c/d": { at: 5n, state: "0123456789abcdef" }, constructor: { at: 8n } },
  places: {
    source: { at: 4n, cover: -1n, cursor: "7;0:\t=,/%é\n" },
    empty: { at: 0n, cover: 3n, cursor: "" },
  },
};
const parse = (text: string) => parseJournal(new TextEncoder().encode(JOURNAL_HEAD + text));

Deno.test("a line of the journal comes back, whatever names and cursors hold", () => {
  assert.deepEqual(parse(journalLine(line)).lines, [line]);
});

Deno.test("a journal ends in front of a line that is torn, at any byte", () => {
  const second = journalLine({ ...line, file: "000001.arrow", start: 10n, end: 20n });
  for (let bytes = 0; bytes < second.length; bytes++) {
    const { lines, goodBytes, problem } = parse(journalLine(line) + second.slice(0, bytes));
    assert.deepEqual([lines.length, goodBytes], [1, JOURNAL_HEAD.length + journalLine(line).length]);
    assert.equal(problem, bytes === 0 ? undefined : "line 3 is torn: it has no end");
  }
});

for (
  const places of ["x", "=5", "x=", "x=1.5", "x=1/2", "x=1/y/z", "x=1/2/3/4", "x=1,", "x=1/2/%zz", "%ff=1"]
) {
  Deno.test(`a line with the places "${places}" is none, even where its checksum is right`, () => {
    const text = journalLine(line).split("\t").with(-1, "").with(-2, places).join("\t").slice(0, -1);
    const { lines, problem } = parse(`${text}\t${crc32(text).toString(16).padStart(8, "0")}\n`);
    assert.deepEqual([lines, problem], [[], "line 2 is damaged: it is no line of a journal"]);
  });
}
