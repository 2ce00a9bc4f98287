import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import type { Plugin } from "@millrace/core/plugin";
import { tableSource } from "@millrace/core/table-source";
import { rawTable } from "./_testing.ts";
import { straxPlugins } from "./mod.ts";

const gain = { default: 1, channels: { "0:1": 0.5 } };

/** Plans a type from raw records in a table; the other data types of `sources` too. */
async function plan(type: string, config: Record<string, unknown>): Promise<void> {
  await using ctx = new Context({ config });
  const own = straxPlugins.filter(({ kind, name }) => kind !== "source" && name !== "raw_records");
  ctx.register(tableSource("raw_records", rawTable([])), ...own as Plugin[]);
  await ctx.plan("run", type);
}

const CASES: Record<string, { options: string[]; ifBoth?: string[] }> = {
  peak_waveforms: { options: ["gain", "useExtended"], ifBoth: ["topChannels"] },
  simple_summed_waveform: { options: ["gain"] },
  merged_peaks: { options: ["topChannels"] },
  peaks_with_lone_hits: { options: ["gain", "topChannels"] },
};
const VALUES: Record<string, unknown> = { gain, useExtended: true, topChannels: 3 };

for (const [type, { options, ifBoth = [] }] of Object.entries(CASES)) {
  Deno.test(`${type} refuses peaks that were made with other options than its own`, async () => {
    await plan(type, {});
    // merged_peaks lie between peaks and peaks_with_lone_hits
    const between = (name: string, value: unknown) =>
      type === "peaks_with_lone_hits" && name === "topChannels" ? { "merged_peaks.topChannels": value } : {};
    for (const name of options) {
      const value = VALUES[name];
      await plan(type, { [name]: value });
      await plan(type, { [`peaks.${name}`]: value, [`${type}.${name}`]: value, ...between(name, value) });
      for (const only of ["peaks", type]) {
        const more = only === "peaks" ? between(name, value) : {};
        await assert.rejects(plan(type, { [`${only}.${name}`]: value, ...more }), {
          name: "RangeError",
          message: new RegExp(
            `^Cannot run "${type}": its ${name} is .+, peaks were made with .+: set "${name}" for both, or ` +
              `"peaks.${name}" and "${type}.${name}" alike$`,
          ),
        });
      }
    }
    for (const name of ifBoth) {
      await plan(type, { [`peaks.${name}`]: VALUES[name] });
      await plan(type, { [`${type}.${name}`]: VALUES[name] });
      await assert.rejects(plan(type, { [`peaks.${name}`]: VALUES[name], [`${type}.${name}`]: 2 }), {
        message: /its topChannels is 2, peaks were made with 3/,
      });
    }
  });
}

Deno.test("gains that are the same written in another way are the same", async () => {
  const other = { default: 1, groups: [{ channels: ["0:1", "0:7"], value: 0.5 }], channels: { "0:7": 1 } };
  await plan("peak_waveforms", { "peaks.gain": gain, "peak_waveforms.gain": other });
  const many = { channels: Object.fromEntries(Array.from({ length: 99 }, (_, ch) => [`0:${ch}`, ch + 2])) };
  await assert.rejects(
    plan("peak_waveforms", { "peaks.gain": many }),
    ({ message }: Error) =>
      /its gain is 1, peaks were made with \{"channels":\{"0:0":2.{20,50}\.\.: set/.test(message),
  );
});
