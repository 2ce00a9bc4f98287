import assert from "node:assert/strict";
import { repairCommand } from "./repair_command.ts";

Deno.test("repairCommand() names store, run, type and the beginning of the lineage", () => {
  const cases: [folder: string, words: string][] = [
    ["data/run_7/hits-0123456789abcdef", "data run_7 hits@0123456789ab"],
    ["/data/run_7/.hits-4f1a.old", "/data run_7 hits@4f1a"],
    ["/data/run_7/.hits-4f1a.kept-1234abcd", "/data run_7 hits@4f1a"],
    ["run_7/two-words-4f1a", ". run_7 two-words@4f1a"],
    ["/run_7/hits-4f1a", "/ run_7 hits@4f1a"],
    ["data/run_7/RAW", "data run_7 RAW"],
    ["it's here/run 7/hits-4f1a", "'it'\\''s here' 'run 7' hits@4f1a"],
  ];
  for (const [folder, words] of cases) {
    assert.equal(repairCommand(folder), `millrace verify ${words} --repair --input FILES`);
  }
  assert.equal(repairCommand("hits-4f1a"), undefined);
});

Deno.test("repairCommand() takes inputs and further words as a shell takes them", () => {
  assert.equal(
    repairCommand("data/run_7/hits-4f1a", ["a b", "c"], ["--plugin", "my plugin.ts"]),
    "millrace verify data run_7 hits@4f1a --repair --input 'a b' --input c --plugin 'my plugin.ts'",
  );
});
