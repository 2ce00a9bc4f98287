import assert from "node:assert/strict";
import core from "../../core/deno.json" with { type: "json" };
import { checkLocal, CORE_MODULES, localHarness } from "./_harness.ts";

/** What a plugin has no use for in its sandbox: running, storing, testing. */
const HOST_ONLY = [
  "./context",
  "./streaming-context",
  "./plan",
  "./lineage",
  "./store",
  "./arrow",
  "./codecs",
  "./read-stored",
  "./export-rows",
  "./import-rows",
  "./executor",
  "./save-chunk",
  "./trace",
  "./errors",
  "./testing",
];

Deno.test("every module of the core is a plugin's to import, or the host's alone", () => {
  const known = [...CORE_MODULES.map((sub) => `.${sub}`), ...HOST_ONLY];
  assert.deepEqual(Object.keys(core.exports).toSorted(), known.toSorted());
  const harness = localHarness();
  for (const url of harness.core.values()) assert.ok(url.startsWith(`file://${harness.coreFolder}/`), url);
});

Deno.test("modules that were imported by URL are named, and what helps", () => {
  checkLocal("file:///a.ts", "file:///b.ts");
  assert.throws(
    () => checkLocal("file:///a.ts", "http://127.0.0.1/core/mod.ts"),
    /imported from http:\/\/127\.0\.0\.1\/core\/mod\.ts, and a sandbox reads local files only; import it from a clone/,
  );
});
