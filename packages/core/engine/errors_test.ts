import assert from "node:assert/strict";
import { PipelineError } from "./errors.ts";

const info = { plugin: "hits", module: undefined, runId: "run_7", chunkIndex: 0 };

Deno.test("times in errors are readable and exact", () => {
  const times = { start: 25125652n, end: 2010852702122n };
  assert.equal(
    new PipelineError({ ...info, ...times }, new Error("no")).message,
    'Plugin "hits" failed in chunk 0 [25.125652 µs .. 2.010852702122 s) of run "run_7": no',
  );
  assert.equal(
    new PipelineError({ ...info, start: 0n, end: undefined, stored: true }, new Error("no")).message,
    'Reading the stored "hits" failed in chunk 0 [0 ps .. end) of run "run_7": no',
  );
});
