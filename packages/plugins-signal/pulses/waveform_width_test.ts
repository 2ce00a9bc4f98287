import assert from "node:assert/strict";
import fc from "fast-check";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { f32, randomRecords, recordTable, rowsOf, signalsOf, type TestRecord } from "../_testing.ts";
import { filteredWaveforms } from "../filters/filtered_waveforms.ts";
import { hit } from "../peaks/hit.ts";
import { waveformWidth } from "./waveform_width.ts";

const source = (list: readonly TestRecord[]) =>
  tableSource("records", recordTable(list), { dataKind: "records" });
const direct = {
  useDerivative: false,
  height: 1,
  prominence: 2,
  width: 0.5,
  distance: 3,
  useFiltered: false,
};
const run = (list: readonly TestRecord[], options: Record<string, unknown> = {}, finding: object = direct) =>
  rowsOf([source(list), hit, filteredWaveforms, waveformWidth], "waveform_width", {
    hit: finding as Record<string, never>,
    waveform_width: options,
  });

for (const useFiltered of [false, true]) {
  Deno.test(`waveform_width is the same for every chunking, filtered ${useFiltered}`, async () => {
    await fc.assert(
      fc.asyncProperty(randomRecords(24), (list) =>
        testPlugin(waveformWidth, {
          inputs: { records: recordTable(list) },
          dataKinds: { records: "records" },
          register: [hit, filteredWaveforms],
          options: { useFiltered, hit: direct },
          chunkings: 4,
          ranges: 4,
        })),
      { numRuns: 10 },
    );
  });
}

/** The definition with a search over all crossings. */
function widthsOf(signal: readonly number[], position: number) {
  let end = position + 2;
  while (end < signal.length && signal[end]! >= Math.max(...signal.slice(position, end)) / 2) end++;
  const top = Math.max(...signal.slice(position, end)), peak = signal.indexOf(top, position);
  const crossings = (level: number) => {
    const up: number[] = [], down: number[] = [];
    for (let k = 0; k + 1 < signal.length; k++) {
      const a = signal[k]!, b = signal[k + 1]!;
      if (k < peak && a < level && b >= level) up.push(k + (level - a) / (b - a));
      if (k >= peak && a > level && b <= level) down.push(k + 1 - (level - b) / (a - b));
    }
    return { up: top > 0 ? up.at(-1) ?? NaN : NaN, down: top > 0 ? down[0] ?? NaN : NaN };
  };
  const low = crossings(0.1 * top), high = crossings(0.9 * top);
  return { peak, top, rise: high.up - low.up, fall: low.down - high.down, total: low.down - low.up };
}

Deno.test("waveform_width has what its definition says for every hit", async () => {
  await fc.assert(
    fc.asyncProperty(randomRecords(24), async (list) => {
      const hits = await rowsOf([source(list), hit], "hit", { hit: direct });
      const rows = await run(list);
      const signals = signalsOf(list);
      assert.equal(rows.length, hits.length);
      rows.forEach((row, i) => {
        const expected = widthsOf(signals[Number(hits[i]!.record_id)]!, hits[i]!.position as number);
        const near = (value: unknown, other: number) => {
          const v = value as number;
          assert.ok(v !== v ? other !== other : Math.abs(v - other) <= 1e-5 * Math.max(1, Math.abs(other)));
        };
        assert.deepEqual([row.time, row.record_id], [hits[i]!.time, hits[i]!.record_id]);
        assert.deepEqual([row.peak_position, row.peak_height], [expected.peak, f32(expected.top)]);
        near(row.rise_time_samples, expected.rise);
        near(row.fall_time_samples, expected.fall);
        near(row.total_width_samples, expected.total);
        near(row.rise_time, 2 * expected.rise); // dt is 2 ps
        near(row.total_width, 2 * expected.total);
      });
    }),
    { numRuns: 60 },
  );
});

const gauss = (sign: number, sigma: number) =>
  Array.from(
    { length: 200 },
    (_, k) => Math.round(8000 + sign * 5000 * Math.exp(-(((k - 100) / sigma) ** 2) / 2)),
  );

Deno.test("waveform_width of Gaussian pulses of either polarity is that of the formula", async () => {
  for (const polarity of [1, -1]) {
    for (const sigma of [8, 16]) {
      const list = [{ time: 0n, dt: 2000, baseline: 8000, polarity, samples: gauss(polarity, sigma) }];
      const [row] = await run(list, {}, { useFiltered: false });
      const at = (share: number) => sigma * Math.sqrt(-2 * Math.log(share));
      assert.equal(row!.peak_position, 100);
      const near = (value: unknown, samples: number) =>
        assert.ok(Math.abs((value as number) - samples) < 0.05, `${value} is not ${samples}`);
      near(row!.rise_time_samples, at(0.1) - at(0.9));
      near(row!.fall_time_samples, at(0.1) - at(0.9));
      near(row!.total_width_samples, 2 * at(0.1));
      near((row!.total_width as number) / 2000, 2 * at(0.1));
    }
  }
});

Deno.test("waveform_width takes the edge at the peak, not noise far before it", async () => {
  const samples = gauss(-1, 8);
  samples[10] = 7000; // above 10 % of the height
  const [row] = await run([{ time: 0n, baseline: 8000, polarity: -1, samples }], {}, { useFiltered: false });
  assert.ok((row!.rise_time_samples as number) < 20);
});

Deno.test("waveform_width of a pulse cut off by its record has NaN for the edge that is not there", async () => {
  const samples = [0, 20, 60, 100, 90, 80, 70].map((s) => 1000 + s);
  const [row] = await run([{ time: 0n, baseline: 1000, polarity: 1, samples }]);
  assert.deepEqual([row!.fall_time, row!.total_width], [NaN, NaN]);
  assert.ok((row!.rise_time as number) > 0);
});

Deno.test("waveform_width without interpolation is in whole samples", async () => {
  const [row] = await run([{ time: 0n, baseline: 8000, polarity: 1, samples: gauss(1, 8) }], {
    interpolation: false,
  });
  for (const name of ["rise_time_samples", "fall_time_samples", "total_width_samples"]) {
    assert.equal((row![name] as number) % 1, 0);
  }
});

Deno.test("waveform_width of a hit without its record is unknown", async () => {
  const hits = await rowsOf(
    [source([{ time: 0n, baseline: 8000, polarity: 1, samples: gauss(1, 8) }]), hit],
    "hit",
    {
      hit: direct,
    },
  );
  const { Table } = await import("@millrace/core/table");
  const schema = hit.schemas.hit!;
  const table = Table.from(
    schema,
    Object.fromEntries(
      Object.keys(schema.types).map((name) => [name, hits.map((row) => row[name])]),
    ) as never,
  );
  const [row] = await rowsOf(
    [tableSource("hit", table), source([]), waveformWidth],
    "waveform_width",
  );
  assert.deepEqual([row!.peak_position, row!.peak_height, row!.total_width], [-1, NaN, NaN]);
});
