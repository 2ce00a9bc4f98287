// The plugin sets of the command line: from a file of strax records to stored peaks.
import assert from "node:assert/strict";
import { straxBytes, straxDescription } from "@millrace/plugins-signal/formats/strax/write";
import { inFolder, millrace, millraceJson } from "./_cli.ts";

const SAMPLES = 110, LENGTH = 150;

/** Two fragments of one pulse in each of three channels; the baseline of the second is only that of the first. */
function fragments() {
  const pulse = Int16Array.from({ length: LENGTH }, (_, i) => 15_000 - (i >= SAMPLES + 2 ? 400 : 0));
  return [0, 1].flatMap((recordI) =>
    [4, 7, 9].map((channel) => ({
      time: BigInt(1000 + recordI * SAMPLES * 10),
      channel,
      dt: 10,
      samples: pulse.slice(recordI * SAMPLES, (recordI + 1) * SAMPLES),
      pulseLength: LENGTH,
      recordI,
    }))
  );
}

type Row = Record<string, unknown>;

Deno.test(
  "strax records become peaks with --plugins strax",
  inFolder(async (cwd) => {
    const records = fragments();
    await Deno.writeFile(`${cwd}/raw.bin`, straxBytes(records, SAMPLES));
    await Deno.writeTextFile(`${cwd}/raw.json`, straxDescription(SAMPLES, records.length));
    await millraceJson([
      ...["run", "raw.bin", "--plugins", "strax", "--type", "peaks", "--save", "raw_records,hits"],
      ...["--set", "raw_records.joinFragments=true", "--set", "peaks.minChannels=3"],
      ...["--store", "data", "--run-id", "run_1"],
    ], { cwd });
    const rows = async (type: string) => {
      const shown = await millraceJson<Row[] | { rows: Row[] }>(["show", "data", "run_1", type], { cwd });
      return Array.isArray(shown) ? shown : shown.rows;
    };
    const raw = await rows("raw_records");
    assert.deepEqual(raw.map(({ channel, record_i, pulse_length }) => [channel, record_i, pulse_length]), [
      ...[4, 7, 9].map((channel) => [channel, 0, LENGTH]),
      ...[4, 7, 9].map((channel) => [channel, 1, LENGTH]),
    ]);
    // The second fragments begin with the signal: only the baseline of the first ones makes hits of it.
    const area = 400 * (LENGTH - SAMPLES - 2);
    assert.deepEqual((await rows("hits")).map((row) => [row.channel, row.area]), [
      [4, area],
      [7, area],
      [9, area],
    ]);
    assert.deepEqual((await rows("peaks")).map((row) => [row.n_hits, row.area]), [[3, 3 * area]]);
    // The summed waveform, in its unit, from its first sample to its last.
    const picture = await millrace(["show", "data", "run_1", "peaks", "--picture"], { cwd });
    assert.equal(picture.code, 0, picture.err);
    assert.match(picture.out, /^ +PE [└+]/m);
    const [peak] = await rows("peaks");
    const spanned = (peak!.length as number) * (peak!.dt as number) / 1000;
    assert.ok(spanned > 380, `the peak is ${spanned} ns long`);
    const last = Number(/(\d+) ns\n$/.exec(picture.out)![1]);
    assert.ok(
      last <= spanned && last > spanned / 2,
      `the axis of a peak of ${spanned} ns ends with ${last} ns`,
    );
    // Results of another set than the default are not unreachable.
    const gone = await millraceJson<{ results: unknown[] }>(["gc", "data", "--unreachable"], { cwd });
    assert.deepEqual(gone.results, []);
  }),
);

Deno.test(
  "a data type of another plugin set is told with that set",
  inFolder(async (cwd) => {
    const of = async (...args: string[]) => {
      const { code, err } = await millrace(args, { cwd });
      assert.equal(code, 2, err);
      assert.ok(err.length < 250, err);
      return err;
    };
    const out = ["--store", "s", "--set", "peaks.channels=4"];
    for (const command of [["plugins", "peaks"], ["run", "x.BIN", "--type", "peaks", ...out]]) {
      assert.match(await of(...command), /"peaks".*; it is in the plugin set strax: add --plugins strax/);
    }
    const signal = await of("run", "x.BIN", "--plugins", "strax", "--type", "hit_threshold", "--store", "s");
    assert.match(signal, /"hit_threshold".*; it is in the plugin set signal: add --plugins signal/);
    const typo = await millrace(["plugins", "hit_treshold"], { cwd });
    assert.match(typo.err, /there is none of that name; did you mean "hit_threshold"\? There are /);
  }),
);

Deno.test(
  "a plugin set that there is not is told with those that there are",
  inFolder(async (cwd) => {
    const { code, err } = await millrace(["plugins", "--plugins", "xenon"], { cwd });
    assert.equal(code, 2);
    assert.match(err, /Cannot use the plugin set "xenon": the sets are signal and strax/);
    const { out } = await millrace(["plugins", "--plugins", "strax"], { cwd });
    assert.match(out, /merged_peaks/);
    assert.doesNotMatch(out, /hit_threshold/);
    assert.match(out, /There is also the plugin set signal: millrace plugins --plugins signal/);
    const whole = await millrace(["plugins", "--plugins", "strax", "--all"], { cwd });
    assert.match(whole.out, /fwhm +f32 +ps +full width at half of the amplitude/);
    assert.match(whole.out, /maxDuration +time +100 µs +ps +at least 1 ps +Longest hitlet/);
  }),
);
