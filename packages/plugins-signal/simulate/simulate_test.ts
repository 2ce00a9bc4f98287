import assert from "node:assert/strict";
import type { Table } from "@millrace/core/table";
import { openCompass } from "../formats/compass/reader.ts";
import type { RawTypes } from "../formats/compass/raw_schema.ts";
import { type CompassWriter, createCompass } from "../formats/compass/write.ts";
import { simulateFiles, type SimulateFilesOptions } from "./files.ts";
import type { SimulateOptions } from "./options.ts";
import { simulateRun } from "./simulate.ts";
import type { TruthTypes } from "./truth.ts";

/** A simulated run, read back as one table. */
async function simulated(
  options: SimulateFilesOptions,
  use: (
    run: { rows: Table<RawTypes>; truth: Table<TruthTypes>; files: readonly string[]; late: number },
  ) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_sim_" });
  try {
    const { truth, files, records, bytes } = await simulateFiles(folder, options);
    const sizes = await Promise.all(files.map(async (file) => (await Deno.stat(file)).size));
    assert.equal(sizes.reduce((a, b) => a + b), bytes);
    const notices: string[] = [];
    const pieces: Table<RawTypes>[] = [];
    const reading = { maxRows: 1e6, maxBytes: 2 ** 30, notice: (text: string) => void notices.push(text) };
    for await (const { table } of openCompass(files, reading)) pieces.push(table);
    assert.deepEqual(notices, []); // The settings say the sampling interval.
    assert.equal(pieces.length, 1);
    assert.equal(pieces[0]!.length, records);
    await use({ rows: pieces[0]!, truth, files, late: await latest(files[0]!) });
    pieces[0]!.release();
    truth.release();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** By how many ps the latest row of a file is late. */
async function latest(file: string): Promise<number> {
  const bytes = await Deno.readFile(file);
  const view = new DataView(bytes.buffer);
  let max = 0n, late = 0n;
  for (let at = 2; at < bytes.length; at += 25 + 2 * view.getUint32(at + 21, true)) {
    const time = view.getBigUint64(at + 4, true);
    if (max - time > late) late = max - time;
    if (time > max) max = time;
  }
  return Number(late);
}

const base: SimulateOptions = { channels: 3, rate: 20_000, duration: 2e10, samples: 120, seed: 42 };

/** Truth rows of each record. */
function pulsesOf(rows: Table<RawTypes>, truth: Table<TruthTypes>): number[][] {
  const out: number[][] = Array.from({ length: rows.length }, () => []);
  for (let i = 0; i < truth.length; i++) out[Number(truth.columns.record_id[i])]!.push(i);
  return out;
}

Deno.test("simulateRun() returns the truth of what it wrote", async () => {
  await simulated(
    { ...base, pileUp: 0.3, noise: 0, shapes: [{ name: "only", rise: 4_000, fall: 20_000 }] },
    ({ rows, truth }) => {
      const { columns: raw } = rows, { columns: real } = truth;
      assert(rows.length > 800);
      const baseline = Math.round(2 ** 14 * 0.9);
      let piledUp = 0;
      pulsesOf(rows, truth).forEach((pulses, row) => {
        assert(pulses.length >= 1);
        if (pulses.length > 1) piledUp++;
        const start = raw.wave.offsets[row]!;
        const wave = raw.wave.values.subarray(start, raw.wave.offsets[row + 1]);
        assert.equal(wave.length, 120);
        const startPs = rows.t0 + BigInt(raw.time[row]!);
        let expected = 0, charge = 0;
        for (const k of pulses) {
          assert.equal(real.channel[k], raw.channel[row]);
          assert.equal(real.piled_up[k], pulses.length > 1 ? 1 : 0);
          const onset = Number(truth.t0 + BigInt(real.time[k]!) - startPs);
          assert(onset >= 15 * 2000 && onset < 120 * 2000, `onset ${onset}`);
          expected = Math.max(expected, real.amplitude[k]!);
          charge += real.amplitude[k]!;
        }
        assert(Math.abs(raw.energy[row]! - charge) <= 1);
        assert.equal(wave[0], baseline);
        if (pulses.length === 1) {
          const peak = baseline - wave.reduce((min, x) => Math.min(min, x));
          assert(Math.abs(peak - expected) < 0.05 * expected + 1, `peak ${peak}, true height ${expected}`);
          const onset = Number(truth.t0 + BigInt(real.time[pulses[0]!]!) - startPs);
          const first = wave.findIndex((x) => x !== baseline);
          assert(
            first * 2000 > onset && (first - 3) * 2000 < onset,
            `first sample ${first}, onset ${onset} ps`,
          );
        }
      });
      for (let i = 1; i < truth.length; i++) {
        const step = real.time[i]! - real.time[i - 1]!;
        assert(
          step > 0 || (step === 0 && real.channel[i]! >= real.channel[i - 1]!),
          `pulse ${i} out of order`,
        );
      }
      assert(Math.abs(piledUp / rows.length - 0.3) < 0.06, `${piledUp} of ${rows.length} piled up`);
    },
  );
});

Deno.test("simulateRun() has the rates, noise and baseline that were asked for", async () => {
  const rate = [5000, 20_000, 0];
  await simulated(
    { ...base, rate, duration: 1e11, noise: 5, polarity: "positive", amplitude: [500, 600] },
    ({ rows, truth }) => {
      const counts = [0, 0, 0];
      for (const channel of rows.columns.channel) counts[channel]!++;
      assert(Math.abs(counts[0]! - 500) < 100 && Math.abs(counts[1]! - 2000) < 200, String(counts));
      assert.equal(counts[2], 0);
      let sum = 0, squares = 0, n = 0;
      for (let row = 0; row < rows.length; row++) {
        const { offsets, values } = rows.columns.wave;
        const wave = values.subarray(offsets[row], offsets[row + 1]);
        for (const x of wave.subarray(0, 14)) sum += x, squares += x * x, n++;
        assert(wave.reduce((max, x) => Math.max(max, x)) > 1638 + 400);
      }
      assert(Math.abs(sum / n - 1638) < 0.3, `baseline ${sum / n}`);
      assert(Math.abs(Math.sqrt(squares / n - (sum / n) ** 2) - 5) < 0.2, "noise");
      assert(truth.columns.amplitude.every((height) => height >= 500 && height <= 600));
    },
  );
});

Deno.test("simulateRun() saturates where pulses pass the range, and says so", async () => {
  for (const polarity of ["negative", "positive"] as const) {
    await simulated(
      { ...base, saturation: 12, polarity, amplitude: [3000, 5000], pretrigger: 20 },
      ({ rows, truth }) => {
        const { offsets, values } = rows.columns.wave;
        const limit = polarity === "negative" ? 0 : 4095;
        let saturated = 0;
        for (let k = 0; k < truth.length; k++) {
          const row = Number(truth.columns.record_id[k]);
          const clipped = values.subarray(offsets[row], offsets[row + 1]).filter((x) =>
            x === limit
          ).length > 1;
          if (clipped) {
            saturated++;
            assert.equal(truth.columns.saturated[k], 1);
            assert.equal(rows.columns.flags[row]! & 0x80, 0x80);
          }
          if (truth.columns.amplitude[k]! < 3500) assert.equal(truth.columns.saturated[k], 0);
        }
        assert(saturated > truth.length / 3 && saturated < truth.length, `${saturated} of ${truth.length}`);
        assert(values.subarray(0, offsets[rows.length]).every((x) => x <= 4095));
      },
    );
  }
});

Deno.test("simulateRun() makes dark counts, coincidences and gaps", async () => {
  const gaps = [{ start: 3e9, end: 8e9 }, { start: 12e9, end: 13e9 }];
  await simulated(
    { ...base, rate: 5000, darkRate: 5000, coincidences: 0.5, coincidenceWindow: 9000, gaps },
    ({ rows, truth }) => {
      const { time, dark, coincident, amplitude, channel } = truth.columns;
      let darks = 0, pairs = 0;
      for (let i = 0; i < truth.length; i++) {
        if (dark[i]) {
          darks++;
          assert(amplitude[i]! >= 10 && amplitude[i]! <= 30);
          assert.equal(coincident[i], 0);
        } else assert(amplitude[i]! >= 50);
        if (!coincident[i]) continue;
        pairs++;
        const before = time.findIndex((t, k) =>
          k !== i && Math.abs(t - time[i]!) < 9000 + 2000 && channel[k] !== channel[i]
        );
        assert(before >= 0, "no cause of a coincident pulse");
      }
      const own = truth.length - pairs;
      assert(Math.abs(darks / own - 0.5) < 0.1, `${darks} dark of ${own}`);
      assert(Math.abs(pairs / (own - darks) - 1) < 0.3, `${pairs} pairs`); // Half of them, in two other channels.
      for (let row = 0; row < rows.length; row++) {
        const at = Number(rows.t0) + rows.columns.time[row]!;
        assert(!gaps.some((gap) => at >= gap.start && at < gap.end), `a record at ${at} ps`);
      }
    },
  );
});

Deno.test("simulateRun() lets no coincidence start in a gap", async () => {
  const gaps = Array.from({ length: 20 }, (_, k) => ({ start: 1e9 * k + 5e8, end: 1e9 * k + 1e9 - 1 }));
  await simulated({ ...base, coincidences: 1, coincidenceWindow: 1e9, gaps }, ({ rows, truth }) => {
    assert(truth.columns.coincident.some((x) => x === 1));
    for (const at of rows.times()) {
      assert(!gaps.some((gap) => at >= gap.start && at < gap.end), `a record at ${at} ps`);
    }
  });
});

Deno.test("simulateRun() never lets two records of a channel overlap", async () => {
  await simulated({ ...base, rate: 2e6, duration: 1e9, coincidences: 0.3 }, ({ rows }) => {
    const { channel, time, endtime } = rows.columns;
    const until = [0, 0, 0];
    for (let row = 0; row < rows.length; row++) {
      assert(time[row]! >= until[channel[row]!]!, `record ${row}`);
      until[channel[row]!] = endtime[row]!;
    }
    assert(rows.length > 3000);
  });
});

Deno.test("simulateRun() writes records out of order, within what was asked for", async () => {
  const busy = { ...base, channels: 8, coincidences: 1, coincidenceWindow: 5000 };
  await simulated(busy, ({ late }) => assert(late > 0 && late <= 2000, `${late} ps`));
  await simulated({ ...busy, disorder: 0 }, ({ late }) => assert.equal(late, 0));
});

Deno.test("simulateRun() gives the same rows in one file and in one a channel, and numbers them alike", async () => {
  const options = { ...base, channels: 5, boardChannels: 2, coincidences: 0.4, pileUp: 0.1 };
  await simulated(options, async (one) => {
    await simulated({ ...options, split: "channel" }, ({ rows, truth, files }) => {
      assert.equal(files.length, 5);
      assert.deepEqual(rows.rows(), one.rows.rows());
      assert.deepEqual(truth.rows(), one.truth.rows());
      assert.equal(rows.columns.board.reduce((max, x) => Math.max(max, x)), 2);
      for (let k = 0; k < truth.length; k++) {
        const row = Number(truth.columns.record_id[k]);
        assert.equal(rows.columns.board[row], truth.columns.board[k]);
        assert.equal(rows.columns.channel[row], truth.columns.channel[k]);
      }
    });
  });
});

Deno.test("simulateRun() gives the same bytes for a seed, others for another", async () => {
  const folder = await Deno.makeTempDir({ prefix: "millrace_sim_" });
  const bytes = async (seed: number, name: string): Promise<Uint8Array> => {
    const { files, truth } = await simulateFiles(`${folder}/${name}`, { ...base, seed });
    truth.release();
    return await Deno.readFile(files[0]!);
  };
  const first = await bytes(7, "a");
  assert.deepEqual(await bytes(7, "b"), first);
  assert.notDeepEqual(await bytes(8, "c"), first);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("simulateRun() refuses options out of range and stops at a signal", async () => {
  const file = await Deno.makeTempFile();
  await using writer: CompassWriter = await createCompass(file, { bufferBytes: 1000 });
  const bad: [SimulateOptions, RegExp][] = [
    [{ channels: 0 }, /channels 0: it is a whole number from 1 to 4096/],
    [{ rate: -1 }, /rate -1/],
    [{ rate: [1, 2] }, /number of rates 2: .* from 4 to 4/],
    [{ duration: 2 ** 53 }, /duration/],
    [{ seed: -3 }, /Cannot seed with -3/],
    [{ samples: 0 }, /samples 0/],
    [{ pretrigger: 800 }, /pretrigger 800: .* from 0 to 799/],
    [{ saturation: 17 }, /saturation 17/],
    [{ amplitude: [5, 4] }, /amplitude of at most 4/],
    [{ pileUp: 1.5 }, /pileUp 1.5/],
    [{ shapes: [] }, /number of shapes 0/],
    [{ shapes: [{ name: "odd", rise: 10, fall: 10 }] }, /fall of "odd" 10/],
    [{ gaps: [{ start: 5, end: 5 }] }, /a gap that ends at 5/],
    [{ gaps: [{ start: 5, end: 9 }, { start: 9, end: 12 }] }, /a gap that starts at 9/],
  ];
  for (const [options, message] of bad) {
    await assert.rejects(simulateRun(options, writer), { name: "RangeError", message });
  }
  await assert.rejects(simulateRun({ channels: 2 }, [writer]), /RangeError.*2 channels into 1 writers/);
  assert.equal(writer.events, 0);
  await assert.rejects(simulateRun(base, writer, AbortSignal.abort(new Error("Enough"))), /Enough/);
  await Deno.remove(file);
});
