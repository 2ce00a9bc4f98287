import assert from "node:assert/strict";
import core from "../../core/deno.json" with { type: "json" };
import { harness, startOf } from "./_harness.ts";
import { DEFAULT_LIMITS } from "./_limits.ts";
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
  "./parquet-file",
  "./zip",
  "./executor",
  "./load-chunk",
  "./memory-share",
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

Deno.test("no plugin has its own module in the place of one of the harness", async () => {
  const found = await harness();
  const plugin = {
    ...{ name: "@lab/x@1.0.0", folder: "/plugin", files: {}, entry: "mod.ts", export: "x" },
    ...{ manifestHash: "", declared: {}, granted: {} },
    imports: {
      "@millrace/core/define": "mod.ts",
      "http://a.lab/harness.ts": "mod.ts",
      "jsr:@lab/y@1": "y.ts",
    },
  };
  const copied = { ...found, imports: { "http://a.lab/harness.ts": "file:///harness.ts" } };
  const files = { toSandbox: "/to", fromSandbox: "/from" };
  const grants = { net: [], read: [], write: [], env: [] };
  const { args } = startOf(plugin, grants, DEFAULT_LIMITS, new Map(), copied, "/seed", "/kept", files);
  const map = args.find((arg) => arg.startsWith("--import-map="))!;
  const { imports } = JSON.parse(decodeURIComponent(map.slice(map.indexOf(",") + 1)));
  assert.equal(imports["@millrace/core/define"], found.core.get("/define"));
  assert.equal(imports["http://a.lab/harness.ts"], "file:///harness.ts");
  assert.equal(imports["jsr:@lab/y@1"], "file:///plugin/y.ts");
});
