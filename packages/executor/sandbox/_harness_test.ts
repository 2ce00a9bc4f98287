import assert from "node:assert/strict";
import core from "../../core/deno.json" with { type: "json" };
import { harness } from "./_harness.ts";
import { CORE } from "./_modules.ts";

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

Deno.test("every module of the core is a plugin's to import, or the host's alone", async () => {
  const known = [...Object.keys(CORE).map((sub) => `.${sub}`), ...HOST_ONLY];
  assert.deepEqual(Object.keys(core.exports).toSorted(), known.toSorted());
  const { core: modules, coreFolder } = await harness();
  for (const url of modules.values()) assert.ok(url.startsWith(`file://${coreFolder}/`), url);
});

Deno.test("each name in the list of modules is that of the module that is imported", () => {
  for (const [sub, load] of Object.entries(CORE)) {
    assert.ok(String(load).includes(`import("@millrace/core${sub}")`), String(load));
  }
});
