import assert from "node:assert/strict";
import type { Json } from "@millrace/core/lineage";
import { loadPlugins } from "../catalog.ts";
import { optionsSet, sameOrigin } from "./_lineage.ts";

const of = (plugin: string, options: Record<string, Json>, ...from: { dataType: string }[]) => ({
  dataType: plugin,
  plugin,
  version: "1.0.0",
  options,
  input: null,
  dependsOn: Object.fromEntries(from.map((lineage) => [lineage.dataType, lineage])) as Record<string, Json>,
});

Deno.test("optionsSet() gives what differs from the defaults, also of what a result depends on", async () => {
  const records = of("records", { polarity: "positive" });
  const lineage = of("hit_threshold", { threshold: 10 }, records);
  assert.deepEqual(optionsSet(lineage, await loadPlugins()), { "records.polarity": "positive" });
  assert.deepEqual(optionsSet(lineage, []), {
    "hit_threshold.threshold": 10,
    "records.polarity": "positive",
  });
  assert.deepEqual(optionsSet({ hits: "1.0.0" }, []), {});
});

Deno.test("sameOrigin() compares what two lineages have in common", () => {
  const records = of("records", { polarity: "negative" });
  const others = of("records", { polarity: "positive" });
  const hits = of("hits", {}, records);
  assert.ok(sameOrigin(records, hits));
  assert.ok(sameOrigin(of("waves", {}, records), hits));
  assert.ok(!sameOrigin(others, hits));
  assert.ok(!sameOrigin(of("waves", {}, others), hits));
  assert.ok(!sameOrigin(of("peaks", {}), hits));
  assert.ok(!sameOrigin(null, null));
});
