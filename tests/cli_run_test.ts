import assert from "node:assert/strict";
import { filesIn, inFolder, millrace, millraceJson, resultFolder } from "./_cli.ts";

interface Summary {
  runId: string;
  bytesRead: number;
  notices: string[];
  plugins: { plugin: string; action: string; rows: number | null; stored: Record<string, string> }[];
}
type Row = Record<string, unknown>;

Deno.test(
  "millrace sim, plan, run and show work as the first look says",
  inFolder(async (cwd) => {
    const sim = [
      "sim",
      "--out",
      "./DAQ/run_7",
      "--channels",
      "2",
      "--rate",
      "2kHz",
      "--duration",
      "100ms",
      "--seed",
      "7",
    ];
    const made = await millraceJson<{ files: string[]; records: number }>([...sim, "--truth", "truth.json"], {
      cwd,
    });
    assert.deepEqual(made.files, ["DAQ/run_7/RAW/DataR.BIN"]);
    assert.deepEqual(await filesIn(cwd), ["DAQ/run_7/RAW/DataR.BIN", "DAQ/run_7/settings.xml", "truth.json"]);
    const truth = JSON.parse(await Deno.readTextFile(`${cwd}/truth.json`)) as Row[];
    assert.equal(truth.length, made.records);

    const types = [
      "--type",
      "hit_threshold,basic_features",
      "--store",
      "./data",
      "--set",
      "hit_threshold.threshold=30",
    ];
    const plan = await millrace(["plan", "./DAQ/run_7", ...types], { cwd });
    assert.equal(plan.code, 0, plan.err);
    assert.match(plan.out, /^Run "run_7": hit_threshold, basic_features/);
    assert.match(plan.out, /threshold = 30 \(--set\)/);
    assert.equal((await filesIn(cwd)).length, 3, "a plan writes nothing");

    const first = await millrace(["run", "./DAQ/run_7", ...types], { cwd });
    assert.equal(first.code, 0, first.err);
    assert.equal(first.err, "");
    assert.match(first.out, /^hit_threshold +computed .* \.\/data\/run_7\/hit_threshold-[0-9a-f]{16}$/m);
    assert.match(
      first.out,
      /^run_7: read .* in .* \(.*\/s\), held .* at most, executor thread with up to \d+ workers$/m,
    );
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(first.out, /\x1b/);

    const features = await millraceJson<Row[]>(["show", "data", "run_7", "basic_features"], { cwd });
    assert.equal(features.length, made.records);
    const columns = [
      "show",
      "data",
      "run_7",
      "basic_features",
      "--columns",
      "channel,height",
      "--time",
      "20ms..40ms",
    ];
    const some = await millraceJson<Row[]>([...columns, "--limit", "all"], { cwd });
    const wanted = features.filter(({ time }) =>
      BigInt(time as string) >= 20_000_000_000n && BigInt(time as string) < 40_000_000_000n
    );
    assert.ok(wanted.length > 10 && wanted.length < features.length);
    assert.deepEqual(some, wanted.map(({ channel, height }) => ({ channel, height })));

    const text = await millrace(["show", "data", "run_7", "hit_threshold", "--limit", "3"], { cwd });
    assert.equal(text.out.split("\n").length, 5);
    assert.match(text.out, /^ +time +endtime +peakTime /);
    assert.equal(text.err, "There are more rows: --limit all shows them\n");
    const list = await millraceJson<{ runId: string; dataType: string; rows: number }[]>(["show", "data"], {
      cwd,
    });
    assert.deepEqual(list.map(({ runId, dataType }) => `${runId}/${dataType}`), [
      "run_7/basic_features",
      "run_7/hit_threshold",
    ]);
  }),
);

Deno.test(
  "millrace run uses what is stored, computes it anew with --fresh, and keeps both when options change",
  inFolder(async (cwd) => {
    await millraceJson(["sim", "--out", "run_1", "--duration", "20ms", "--samples", "200"], { cwd });
    const args = ["run", "run_1", "--type", "basic_features", "--store", "data"];
    const actions = async (...more: string[]) => {
      const { plugins } = await millraceJson<Summary>([...args, ...more], { cwd });
      return plugins.map(({ plugin, action }) => `${plugin} ${action}`);
    };
    const ids = async () =>
      (JSON.parse(
        await Deno.readTextFile(
          `${cwd}/${await resultFolder(cwd, "data/run_1/basic_features")}/metadata.json`,
        ),
      ) as { id: string }).id;
    const computed = ["raw_files computed", "records computed", "basic_features computed"];
    assert.deepEqual(await actions(), computed);
    const first = await ids();
    assert.deepEqual(await actions(), ["basic_features reused"]);
    assert.equal(await ids(), first);
    const again = await millrace(args, { cwd });
    assert.match(again.out, /^basic_features +stored before /m);
    assert.match(again.out, /run_1: everything was stored already; --fresh computes it anew/);
    assert.deepEqual(await actions("--fresh"), computed);
    const second = await ids();
    assert.notEqual(second, first);
    assert.deepEqual(await actions("--set", "basic_features.heightRange=10..20"), [
      ...computed.slice(0, 2),
      "basic_features computed",
    ]);
    const listed = await millrace(["show", "data", "run_1"], { cwd });
    assert.match(listed.out, /^run +type .* options *\n.* -\n.* heightRange=\S.*\n$/);
    const [, json] = await millraceJson<{ options: Row }[]>(["show", "data", "run_1"], { cwd });
    assert.deepEqual(Object.keys(json!.options), ["basic_features.heightRange"]);
    assert.deepEqual(await actions(), ["basic_features reused"], "the one before is still there");
    assert.deepEqual(await actions("--set", "basic_features.heightRange=10..20"), ["basic_features reused"]);
    assert.deepEqual(
      (await filesIn(`${cwd}/data`)).filter((name) => name.includes("/.")),
      [],
      "no temporary files",
    );
    assert.deepEqual(await actions("--type", "records"), ["raw_files computed", "records computed"]);
  }),
);

Deno.test(
  "millrace run takes files, patterns and folders as one run",
  inFolder(async (cwd) => {
    await millraceJson([
      "sim",
      "--out",
      "run_1",
      "--duration",
      "20ms",
      "--samples",
      "100",
      "--split",
      "channel",
    ], { cwd });
    const rows: unknown[] = [];
    const inputs = [["run_1"], ["run_1/RAW/*.BIN"], [0, 1, 2, 3].map((c) => `run_1/RAW/DataR_CH0${c}.BIN`)];
    for (const [k, input] of inputs.entries()) {
      const summary = await millraceJson<Summary>(
        ["run", ...input, "--type", "records", "--store", `s${k}`],
        { cwd },
      );
      assert.equal(summary.runId, "run_1");
      rows.push((await millrace(["show", `s${k}`, "run_1", "records", "--json"], { cwd })).out);
    }
    assert.equal(new Set(rows).size, 1);
    const one = ["run", "run_1/RAW/*CH02.BIN", "--type", "records", "--store", "s", "--run-id", "only_2"];
    assert.equal((await millraceJson<Summary>(one, { cwd })).runId, "only_2");
    const channels = await millraceJson<Row[]>(["show", "s", "only_2", "records", "--columns", "channel"], {
      cwd,
    });
    assert.deepEqual([...new Set(channels.map(({ channel }) => channel))], [2]);
  }),
);

Deno.test(
  "millrace sim writes the same bytes for the same options, into a folder or a file",
  inFolder(async (cwd) => {
    const options = ["--duration", "20ms", "--samples", "64", "--dt", "4ns", "--seed", "5"];
    await millraceJson(["sim", "--out", "a", ...options], { cwd });
    await millraceJson(["sim", "--out", "b/small.BIN", ...options], { cwd });
    assert.deepEqual(await filesIn(cwd), [
      "a/RAW/DataR.BIN",
      "a/settings.xml",
      "b/small.BIN",
      "b/small_settings.xml",
    ]);
    assert.deepEqual(
      await Deno.readFile(`${cwd}/b/small.BIN`),
      await Deno.readFile(`${cwd}/a/RAW/DataR.BIN`),
    );
    await millraceJson(["run", "b/small.BIN", "--type", "records", "--store", "s"], { cwd });
    const rows = await millraceJson<Row[]>([
      "show",
      "s",
      "small",
      "records",
      "--columns",
      "dt",
      "--limit",
      "1",
    ], { cwd });
    assert.deepEqual(rows, [{ dt: 4000 }]);
    const twice = await millrace(["sim", "--out", "b/small.BIN", ...options], { cwd });
    assert.equal(twice.code, 2);
    assert.match(twice.err, /it is there already; choose another place, or replace it with --force/);
    await millraceJson(["sim", "--out", "b/small.BIN", ...options, "--force", "--seed", "6"], { cwd });
    assert.notDeepEqual(
      await Deno.readFile(`${cwd}/b/small.BIN`),
      await Deno.readFile(`${cwd}/a/RAW/DataR.BIN`),
    );
  }),
);

Deno.test(
  "options that nothing takes are told, by run and plan",
  inFolder(async (cwd) => {
    await millraceJson(["sim", "--out", "run_1", "--duration", "10ms"], { cwd });
    const set = ["--set", "hit_threshold.threshold=5", "--set", "records.baselineSamples=20"];
    const note = "Note: --set hit_threshold.threshold has no effect here: records is computed without it\n";
    const plan = ["plan", "run_1", "--type", "records", ...set];
    assert.equal((await millrace(plan, { cwd })).err, note);
    const run = ["run", "run_1", "--store", "data", ...set, "--type"];
    assert.ok((await millrace([...run, "records"], { cwd })).err.includes(note));
    assert.doesNotMatch((await millrace([...run, "hit_threshold"], { cwd })).err, /no effect/);
  }),
);
