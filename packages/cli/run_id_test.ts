import assert from "node:assert/strict";
import { UsageError } from "./errors.ts";
import { checkRunId, runIdOf } from "./run_id.ts";

Deno.test("runIdOf() takes the name of the input", () => {
  const names: [inputs: string[], name: string][] = [
    [["run_7"], "run_7"],
    [["./DAQ/run_7/"], "run_7"],
    [["/DAQ/run_7/RAW"], "run_7"],
    [["."], "cwd"],
    [["RAW"], "cwd"],
    [["a.BIN"], "a"],
    [["DAQ/b.v2.bin"], "b.v2"],
    [["traces.npy"], "traces"],
    [["a.lh5"], "a"],
    [["a.PARQUET"], "a"],
    [["RAW/a_CH0_1.CSV"], "a_CH0_1"],
    [["x/a.npy", "y/a.BIN"], "a"],
    [["run.7"], "run.7"],
    [["/DAQ/run_7/RAW/*.BIN"], "run_7"],
    [["/DAQ/run_7/**/*.BIN"], "run_7"],
    [["*.BIN"], "cwd"],
    [["/DAQ/run_7/RAW/a.BIN", "/DAQ/run_7/RAW/b.BIN"], "run_7"],
    [["a.BIN", "b.BIN"], "cwd"],
    [["x/a.BIN", "y/a.BIN"], "a"],
  ];
  for (const [inputs, name] of names) assert.equal(runIdOf(inputs, "/data/cwd"), name, inputs.join(" "));
});

Deno.test("runIdOf() refuses inputs without a name in common", () => {
  for (const inputs of [["x/a.BIN", "y/b.BIN"], ["/"], ["/*.BIN"]]) {
    assert.throws(() => runIdOf(inputs, "/"), UsageError, inputs.join(" "));
  }
});

Deno.test("checkRunId() takes names of folders only", () => {
  for (const name of ["run_7", "007", "a b", "run.7", "Lauf-ä"]) checkRunId(name);
  for (const name of ["", ".", "..", ".hidden", "a/b", "a\\b", "a:b", "a*", "a\n", "a.", "a "]) {
    assert.throws(() => checkRunId(name), UsageError, name);
  }
});
