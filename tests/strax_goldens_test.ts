// The strax chain on the data that strax was measured on: the same counts, sums and hashes.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Context, tableSource } from "@millrace/core";
import { join } from "node:path";
import { straxHits, straxPeaks, straxPlugins, straxRecords } from "@millrace/plugins-signal/strax";
import type { StraxHitTypes, StraxRecordTypes } from "@millrace/plugins-signal/strax/schemas";
import type { Columns } from "@millrace/core";
import { cutsOf, golden, makeStraxData, readStraxData, straxConfig, straxData } from "./_strax.ts";

const found = straxData();
const missing = "missing" in found ? found.missing : "";

const sha = (hash: ReturnType<typeof createHash>) => hash.digest("hex").slice(0, 12);

/** Equal but for rounding in single precision. */
function close(value: number, expected: unknown, name: string): void {
  assert.ok(
    Math.abs(value - Number(expected)) <= 1e-6 * Math.abs(Number(expected)),
    `${name}: ${value}, not ${expected}`,
  );
}

Deno.test({
  name: missing
    ? `the strax chain gives strax's numbers (skipped: ${missing})`
    : "the strax chain gives strax's numbers",
  ignore: missing !== "",
  async fn() {
    const folder = await makeStraxData((found as { python: string }).python);
    const expected = golden();
    using raw = readStraxData(folder);
    await using ctx = new Context({ config: straxConfig, memory: "2GiB" });
    ctx.register(
      tableSource("raw_records", raw, { cuts: cutsOf(raw, 20_000) }),
      straxRecords,
      straxHits,
      straxPeaks,
    );
    const sums = { records: 0, recordArea: 0, data: 0, baseline: 0, hits: 0, hitArea: 0, length: 0, left: 0 };
    const shaData = createHash("sha1"), shaTime = createHash("sha1"), shaChannel = createHash("sha1");
    const peaks = { count: 0, area: 0, length: 0 };
    await ctx.run("run", ["records", "hits", "peaks"], {
      take({ table, dataType }) {
        if (dataType === "records") {
          const { area, baseline, data } = table.columns as Columns<StraxRecordTypes>;
          sums.records += table.length;
          for (const x of area) sums.recordArea += x;
          for (const x of baseline) sums.baseline += x;
          for (let i = 0; i < data.length; i++) sums.data += data[i]!;
          shaData.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        } else if (dataType === "hits") {
          const { area, length, left, channel } = table.columns as Columns<StraxHitTypes>;
          sums.hits += table.length;
          for (let i = 0; i < table.length; i++) {
            sums.hitArea += area[i]!;
            sums.length += length[i]!;
            sums.left += left[i]!;
          }
          const ns = table.times().map((time) => time / 1000n);
          shaTime.update(new Uint8Array(ns.buffer));
          shaChannel.update(new Uint8Array(channel.buffer, channel.byteOffset, channel.byteLength));
        } else {
          peaks.count += table.length;
          for (const x of table.get("area", "f32")) peaks.area += x;
          for (const x of table.get("length", "i32")) peaks.length += x;
        }
      },
    });
    assert.equal(sums.records, expected.n_records);
    assert.equal(sums.recordArea, expected.sum_record_area);
    assert.equal(sums.data, expected.sum_data);
    close(sums.baseline / sums.records, expected.mean_baseline, "mean_baseline");
    assert.equal(sha(shaData), expected.sha_data);
    assert.equal(sums.hits, expected.n_hits);
    assert.equal(sums.length, expected.sum_hit_len);
    assert.equal(sums.left, expected.sum_hit_left);
    close(sums.hitArea, expected.sum_hit_area, "sum_hit_area");
    assert.equal(sha(shaTime), expected.sha_hit_time);
    assert.equal(sha(shaChannel), expected.sha_hit_ch);
    assert.equal(peaks.count, expected.n_peaks);
    assert.equal(peaks.length, expected.sum_peak_len);
    close(peaks.area, expected.sum_peak_area, "sum_peak_area");
    const parts = async (split: string) => {
      using table = await ctx.getData("run", "peaks", { config: { "peaks.split": split } });
      return table.length;
    };
    assert.equal(await parts("natural_breaks"), expected.n_split_nb);
    // Ties of rises with the least one are decided by the rounding of sums: some of 61,640.
    const local = await parts("local_minimum");
    assert.ok(Math.abs(local - Number(expected.n_split_local)) <= 6, `n_split_local: ${local}`);
  },
});

Deno.test({
  name: missing
    ? `a file of strax records gives the records and hits that strax has (skipped: ${missing})`
    : "a file of strax records gives the records and hits that strax has",
  ignore: missing !== "",
  async fn() {
    const folder = await makeStraxData((found as { python: string }).python);
    const expected = golden();
    await using ctx = new Context({
      config: {
        records: straxConfig.records,
        "raw_files.input": join(folder, "raw_records.bin"),
        raw_records: { joinFragments: true, channelsPerBoard: 494, maxPulse: straxConfig.records.maxPulse },
      },
      memory: "2GiB",
    });
    ctx.register(straxPlugins);
    const sums = { records: 0, area: 0, hits: 0, length: 0 };
    const shaData = createHash("sha1"), shaChannel = createHash("sha1");
    const { notices } = await ctx.run("run", ["records", "hits"], {
      take({ table, dataType }) {
        if (dataType === "records") {
          const { area, data } = table.columns as Columns<StraxRecordTypes>;
          sums.records += table.length;
          for (const x of area) sums.area += x;
          shaData.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        } else {
          const { length, channel } = table.columns as Columns<StraxHitTypes>;
          sums.hits += table.length;
          for (const x of length) sums.length += x;
          shaChannel.update(new Uint8Array(channel.buffer, channel.byteOffset, channel.byteLength));
        }
      },
    });
    assert.deepEqual(notices.map(String), []);
    assert.equal(sums.records, expected.n_records);
    assert.equal(sums.area, expected.sum_record_area);
    assert.equal(sha(shaData), expected.sha_data);
    assert.equal(sums.hits, expected.n_hits);
    assert.equal(sums.length, expected.sum_hit_len);
    assert.equal(sha(shaChannel), expected.sha_hit_ch);
  },
});

Deno.test({
  name: missing
    ? `hitlets, lone hits, their areas and reduced records have strax's counts and sums (skipped: ${missing})`
    : "hitlets, lone hits, their areas and reduced records have strax's counts and sums",
  ignore: missing !== "",
  async fn() {
    // Made by make_large.py beside it; strax counts in ns.
    const large = new URL("../packages/plugins-signal/strax/goldens/large.json", import.meta.url);
    const expected: Record<string, number> = JSON.parse(await Deno.readTextFile(large));
    const folder = await makeStraxData((found as { python: string }).python);
    using raw = readStraxData(folder);
    const plugins = straxPlugins.filter(({ name }) => !name.startsWith("raw_"));
    await using ctx = new Context({
      config: { ...straxConfig, "hitlets.gain": 0.01 },
      memory: "3GiB",
    });
    ctx.register(tableSource("raw_records", raw, { cuts: cutsOf(raw, 20_000) }), plugins);
    const sums: Record<string, number> = {};
    const add = (name: string, values: ArrayLike<number>, scale = 1, isUsed = (_: number) => true) => {
      let sum = 0;
      for (let i = 0; i < values.length; i++) if (isUsed(i)) sum += values[i]!;
      sums[name] = (sums[name] ?? 0) + scale * sum;
    };
    const types = ["hitlets", "lone_hits", "lone_hit_areas", "reduced_records", "peaks"];
    await ctx.run("run", types, {
      take({ table, dataType }) {
        const columns = table.columns as unknown as Record<string, Float32Array>;
        const column = (name: string) => columns[name]!;
        if (dataType === "hitlets") {
          sums["hitlets n"] = (sums["hitlets n"] ?? 0) + table.length;
          for (const name of ["length", "area", "amplitude"]) add(`hitlets ${name}`, column(name));
          add("hitlets time_amplitude", column("time_amplitude"), 1e-3);
          const isLarge = (i: number) => column("area")[i]! > 0.1;
          for (const name of ["left_area", "range_80p_area"]) {
            add(`hitlets ${name}`, column(name), 1e-3, isLarge);
          }
        } else if (dataType === "lone_hits") {
          sums["lone_hits n"] = (sums["lone_hits n"] ?? 0) + table.length;
          add("lone_hits area", column("area"));
        } else if (dataType === "lone_hit_areas") {
          add("lone_hit_areas integral", column("integral"));
          add("lone_hit_areas left", column("left_integration"));
          add("lone_hit_areas right", column("right_integration"));
        } else if (dataType === "reduced_records") add("reduced_records data", column("data"));
        else {
          add("peaks n_hits", column("n_hits"));
          add("peaks area_fraction_top", column("area_fraction_top"));
          add("peaks median_time", column("median_time"), 1e-3);
          add("peaks width_50", column("width"), 1e-3, (i) => i % 11 === 5);
          const { time, center_time } = columns;
          add("peaks center_time", center_time!.map((x, i) => Math.floor((x - time![i]!) / 1000)));
        }
      },
    });
    assert.deepEqual(Object.keys(sums).sort(), Object.keys(expected).sort());
    for (const [name, value] of Object.entries(sums)) close(value, expected[name], name);
  },
});
