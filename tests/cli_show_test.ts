import assert from "node:assert/strict";
import { command, inFolder, millrace, millraceJson } from "./_cli.ts";

Deno.test(
  "millrace show --picture draws a stored waveform with its hits",
  inFolder(async (cwd) => {
    await millraceJson([
      "sim",
      "--out",
      "run_1",
      "--duration",
      "20ms",
      "--amplitude",
      "500..501",
      "--coincidences",
      "1",
      "--noise",
      "0",
    ], { cwd });
    const types = "records,st_waveforms,hit_threshold";
    await millraceJson(["run", "run_1", "--type", types, "--store", "s"], { cwd });
    const pictures: string[] = [];
    for (const type of ["records", "st_waveforms"]) {
      const { code, out, err } = await millrace(["show", "s", "run_1", type, "--picture", "3"], { cwd });
      assert.deepEqual([code, err], [0, ""]);
      assert.match(out, new RegExp(`^${type} of run_1: .* channel \\d, record 3\\n`));
      assert.equal(out.split("▲").length, 2);
      pictures.push(out.slice(out.indexOf("\n")));
    }
    assert.equal(pictures[0], pictures[1]);
    const first = await millrace(["show", "s", "run_1", "records", "--picture"], { cwd });
    assert.match(first.out, /record 0\n/);
    const nothing = await millrace(["show", "s", "run_1", "records", "--time", "1s..2s"], { cwd });
    assert.match(nothing.err, /^No rows in this time range: run_1 is \S+ \S+ \.\. \S+ \S+\n$/);
    const zero = await millrace(["show", "s", "run_1", "records", "--limit", "0"], { cwd });
    assert.deepEqual([zero.out, zero.err], ["", ""]);
    const other = ["run", "run_1", "--type", "records", "--store", "s", "--set", "records.polarity=positive"];
    await millraceJson(other, { cwd });
    const all = await millraceJson<{ lineageHash: string; created: string }[]>([
      "ls",
      "s",
      "run_1",
      "records",
    ], { cwd });
    const [older, newer] = all.toSorted((a, b) => a.created < b.created ? -1 : 1).map((one) =>
      one.lineageHash
    );
    for (const [hash, polarity] of [[older!, -1], [newer!, 1]] as const) {
      const type = `records@${hash.slice(0, 8)}`;
      const [row] = await millraceJson<{ polarity: number }[]>(["show", "s", "run_1", type, "--limit", "1"], {
        cwd,
      });
      assert.equal(row!.polarity, polarity);
      await millraceJson(["export", "s", "run_1", type, "--columns", "polarity", "--to", "p.jsonl"], { cwd });
      assert.equal(
        JSON.parse((await Deno.readTextFile(`${cwd}/p.jsonl`)).split("\n")[0]!).polarity,
        polarity,
      );
    }
    const typo = await millrace(["show", "s", "run_1", "record"], { cwd });
    assert.match(typo.err, /^millrace: Cannot find "record" of run "run_1"; did you mean "records"\?/);
    const bare = await millrace(["show", "s", "run_1", "records", "--time", "1..2"], { cwd });
    assert.match(bare.err, /^No rows in this time range: .*; numbers without a unit are picoseconds\n$/);
    const apart = await millrace(["show", "s", "run_1", "records", "--picture", "3"], { cwd });
    assert.doesNotMatch(apart.out, /▲/);
    assert.match(
      apart.err,
      /^No hits are drawn: hit_threshold of run_1 was made in another way than records; /,
    );
    const none = await millrace(["show", "s", "run_1", "hit_threshold", "--picture"], { cwd });
    assert.equal(none.code, 2);
    assert.match(
      none.err,
      /"hit_threshold": it has no column of samples; draw a type that has, such as records/,
    );
    const far = await millrace(["show", "s", "run_1", "records", "--picture", "100000"], { cwd });
    assert.equal(far.code, 2);
    assert.match(far.err, /Cannot draw row 100000 of "records": there are \d+ rows/);
  }),
);

Deno.test(
  "millrace show --picture draws a spectrum over frequencies, and nothing whose samples are not known to be where",
  inFolder(async (cwd) => {
    await millraceJson(["sim", "--out", "run_1", "--duration", "20ms", "--amplitude", "500..501"], { cwd });
    await millraceJson(["run", "run_1", "--type", "power_spectrum,hit_threshold", "--store", "s"], { cwd });
    const { code, out, err } = await millrace(["show", "s", "run_1", "power_spectrum", "--picture", "2"], {
      cwd,
    });
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^power_spectrum of run_1: .* record 2, in dB of 1 ADC\^2\n/);
    // 500 MS/s: up to 250 MHz. The hits of the record lie in its samples, not in its frequencies.
    assert.match(out, /\n {2,}dB └.*\n +0 .* 200 MHz\n$/);
    assert.doesNotMatch(out, /▲/);
    const strax = ["--plugins", "strax", "--set", "peaks.channels=16", "--set", "peaks.minChannels=1"];
    await millraceJson(["run", "run_1", "--type", "simple_summed_waveform", "--store", "s", ...strax], {
      cwd,
    });
    const unknown = await millrace(["show", "s", "run_1", "simple_summed_waveform", "--picture"], { cwd });
    assert.equal(unknown.code, 2);
    assert.match(
      unknown.err,
      /Cannot draw "record_data": its rows say no sampling interval, neither in "dt" /,
    );
  }),
);

Deno.test(
  "millrace ends quietly when the reader of its output goes away",
  inFolder(async (cwd) => {
    await millraceJson(["sim", "--out", "run_1", "--duration", "400ms", "--rate", "2kHz"], { cwd });
    await millraceJson(["run", "run_1", "--type", "records", "--store", "s"], { cwd });
    const child = command(["show", "s", "run_1", "records", "--json"], { cwd }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const err = await new Response(child.stderr).text();
    assert.deepEqual([(await child.status).code, err], [141, ""]);
  }),
);
