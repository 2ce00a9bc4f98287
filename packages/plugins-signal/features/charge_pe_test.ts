import assert from "node:assert/strict";
import fc from "fast-check";
import { Context } from "@millrace/core/context";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { featuresInOrder, featureTable, randomFeatures, type TestFeature } from "../_features_testing.ts";
import { f32, rowsOf } from "../_testing.ts";
import { chargePe } from "./charge_pe.ts";

const gain = { default: 4, channels: { "0:1": 2.5, "1:0": null } };
const source = (list: readonly TestFeature[]) =>
  tableSource("basic_features", featureTable(list), { dataKind: "records" });

Deno.test("charge_pe is the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(randomFeatures, (list) =>
      testPlugin(chargePe, {
        inputs: { basic_features: featureTable(list) },
        dataKinds: { basic_features: "records" },
        options: { gain },
        chunkings: 3,
        ranges: 3,
      })),
    { numRuns: 8 },
  );
});

Deno.test("charge_pe is area and height by the gain of the channel, NaN without one", async () => {
  await fc.assert(
    fc.asyncProperty(randomFeatures, async (list) => {
      const rows = await rowsOf([source(list), chargePe], "charge_pe", { "charge_pe.gain": gain });
      featuresInOrder(list).forEach(({ board, channel, area, height }, i) => {
        const g = board === 1 && channel === 0 ? NaN : board === 0 && channel === 1 ? 2.5 : 4;
        assert.deepEqual([rows[i]!.area_pe, rows[i]!.height_pe], [f32(area / g), f32(height / g)]);
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("charge_pe says once that channels have no gain", async () => {
  const list = [0n, 1n].map((time) => ({ time, board: 0, channel: 0, height: 1, area: 1 }));
  const told = async (config: Record<string, unknown>) => {
    await using ctx = new Context({ config });
    ctx.register(source(list), chargePe);
    return (await ctx.run("run", "charge_pe", { chunkSize: 1 })).notices;
  };
  assert.deepEqual(await told({ gainAdcPerPe: 3 }), []);
  const notices = await told({});
  assert.equal(notices.length, 1);
  assert.match(notices[0]!, /^charge_pe: .*set charge_pe\.gain$/);
});
