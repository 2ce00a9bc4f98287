import assert from "node:assert/strict";
import { signalPlugins } from "@millrace/plugins-signal";
import { memoryIo } from "./io.ts";
import { main } from "./program.ts";
import { VERSION } from "./version.ts";

async function millrace(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = memoryIo();
  const code = await main(args, io);
  return { code, out: io.stdout, err: io.stderr };
}

/** The commands that a help lists. */
const commandsIn = (help: string): string[] =>
  [...(help.split("\nCommands:\n")[1]?.split("\n\n")[0] ?? "").matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) =>
    name!
  )
    .filter((name) => name !== "help");

Deno.test("main() shows help with examples for every command, however deep", async () => {
  let count = 0;
  const look = async (...path: string[]) => {
    const { code, out, err } = await millrace(...path, "--help");
    assert.deepEqual([code, err], [0, ""]);
    const words = ["millrace", ...path].join(" ");
    assert.ok(out.startsWith(`Usage: ${words} `), words);
    assert.match(
      out,
      new RegExp(path.length > 0 ? `:\n  ${words}[ \n]` : "A first look:\n {2}millrace sim"),
      words,
    );
    count++;
    for (const name of commandsIn(out)) await look(...path, name);
  };
  await look();
  assert.ok(count > 55, `${count} commands`);
});

Deno.test("main() shows the help that help COMMAND shows", async () => {
  for (const command of ["run", "show", "plan", "plugins", "sim"]) {
    const shown = await millrace(command, "--help");
    assert.match(shown.out, /--debug/);
    assert.deepEqual(await millrace("help", command), shown);
  }
});

Deno.test("main() shows help with examples for every command below plugin", async () => {
  const { out } = await millrace("plugin", "--help");
  const names = [...out.matchAll(/^ {2}([a-z]+) (?:\[options\] )?/gm)].map(([, name]) => name!);
  const known = "add update remove vendor trust list info audit verify search init check publish".split(" ");
  assert.deepEqual(known.filter((name) => !names.includes(name)), []);
  for (const command of known) {
    const { code, out, err } = await millrace("plugin", command, "--help");
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, new RegExp(`^Usage: millrace plugin ${command} `));
    assert.match(out, new RegExp(`Examples:\n  millrace plugin ${command}`));
    assert.match(out, /--json/);
  }
  const option = await millrace("plugin", "add", "x", "--yes");
  assert.equal(option.err, 'millrace: Unknown option "--yes". See millrace plugin add --help\n');
  const run = await millrace("--quiet", "show", "run", "--nope");
  assert.equal(run.err, 'millrace: Unknown option "--nope". See millrace show --help\n');
  const wrong = await millrace("plugin", "ad", "x");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /Unknown command "ad"; did you mean "add"\? See millrace plugin --help/);
});

Deno.test("main() without a command shows help on standard error", async () => {
  const { code, out, err } = await millrace();
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /^Usage: millrace/);
});

Deno.test("main() tells its version", async () => {
  assert.deepEqual(await millrace("--version"), { code: 0, out: `${VERSION}\n`, err: "" });
});

Deno.test("main() answers what it does not understand with a message, the nearest name and code 2", async () => {
  const cases: [args: string[], message: RegExp][] = [
    [["shwo"], /^millrace: Unknown command "shwo"; did you mean "show"\? See millrace --help\n$/],
    [["--debgu"], /^millrace: Unknown option "--debgu"; did you mean "--debug"\? See millrace --help\n$/],
    [
      ["run", "x", "--tpye", "hits"],
      /^millrace: Unknown option "--tpye"; did you mean "--type"\? See millrace run --help\n$/,
    ],
    [
      ["run", "x", "--dt", "16ns"],
      /^millrace: Unknown option "--dt"; .* --set PLUGIN\.OPTION=VALUE, such as --set raw_files\.dt=16ns\. See millrace run/,
    ],
    [["run"], /^millrace: Missing required argument "input"\. See millrace run --help\n$/],
    [["run", "x", "--type"], /Option "-t, --type <types>" argument missing/],
    [["show", "a", "b", "c", "d"], /Too many arguments for "show"/],
    [["run", "x"], /Cannot store results: give a folder with --store/],
    [
      ["run", "x", "--store", "s"],
      /Cannot tell what to compute: give data types with --type; there are raw_files, /,
    ],
    [["plan", "x", "--plugins", "strax"], /give data types with --type; there are .*\bmerged_peaks\b/],
    [["ls", "x", "--dt", "16ns"], /Unknown option "--dt"\. See/],
    [["gc", "x", "--superseded", "--yes", "--dry-run"], /give --yes or --dry-run/],
    [["run", "x", "--store", "s", "--type", ","], /Cannot tell what to compute/],
    [["run", "x", "--store", "s", "--type", "records", "--chunk-size", "0"], /"0" as --chunk-size/],
    [["run", "x", "--store", "s", "--type", "records", "--chunk-size", "1e3"], /"1e3" as --chunk-size/],
    [["run", "x", "--store", "s", "--type", "records", "--memory", "much"], /the size "much"/],
    [
      ["run", "x", "--store", "s", "--type", "records", "--memory", "1KiB", "--workers", "4"],
      /^millrace: Cannot run with 1 KiB of memory: 5 MiB are the least with 4 workers, .*; give more with --memory, or fewer workers \(2 MiB do for one\)\n/,
    ],
    [
      ["run", "x", "--store", "s", "--type", "records", "--memory", "0", "--executor", "inline"],
      /^millrace: Cannot run with 0 B of memory: 2 MiB are the least, .*; give more with --memory\n/,
    ],
    [["run", "x", "--store", "s", "--type", "records", "--run-id", "a/b"], /"a\/b" as the name of a run/],
    [["run", "x", "--store", "s", "--type", "records", "--set", "dt"], /write plugin\.option=value/],
    [["run", "x", "--store", "s", "--type", "records", "--set", "raw_files.dtt=1ns"], /did you mean "dt"/],
    [
      ["run", "x", "--store", "s", "--type", "records", "--set", "raw_files.dt=soon"],
      /"raw_files\.dt" \(--set\).*"soon"/,
    ],
    [
      ["run", "x", "--store", "s", "--type", "recrods"],
      /No plugin provides "recrods"; did you mean "records"\?/,
    ],
    [["plan", "x", "--type", "recrods"], /did you mean "records"\?/],
    ...[["df_paired", "paired_events"], ["df_events", "events"], ["df", "basic_features"]].map((
      [name, here],
    ): [string[], RegExp] => [
      ["plan", "x", "--type", name!],
      new RegExp(`No plugin provides "${name}"; did you mean "${here}"\\?`),
    ]),
    [["plugins", "df_paired"], /there is none of that name; did you mean "paired_events"\? There are/],
    [["plugins", "nothing"], /Cannot show the plugin "nothing".*records/],
    [["show", ".", "--limit", "3"], /Cannot use --limit without a data type/],
    [["show", ".", "run", "type", "--limit", "-3"], /"-3" as --limit/],
    [["show", ".", "run", "type", "--limit", "2.5"], /"2\.5" as --limit/],
    [["show", ".", "run", "type", "--time", "2s..1s"], /"2s\.\.1s"/],
    [["show", ".", "run", "type", "--time", "1s"], /write start\.\.end/],
    [["show", ".", "run", "type", "--picture", "x"], /Cannot draw row "x"/],
    [["sim"], /Cannot tell where to write/],
    [["sim", "--out", "x", "--rate", "often"], /the frequency "often"/],
    [["sim", "--out", "x", "--channels", "0"], /--channels "0": give a value from 1 to 4096/],
    [["sim", "--out", "x", "--duration=-1s"], /--duration "-1 s": give a value from 1 ps to 1\.\d+ h\nSee/],
    [
      ["sim", "--out", "x", "--dark-rate", "1e12Hz"],
      /--dark-rate "1000000000000 Hz": give a value from 0 Hz to/,
    ],
    [["sim", "--out", "x", "--pile-up", "2"], /--pile-up "2": give a value from 0 to 1/],
    [["sim", "--out", "x", "--channels", "four"], /"four" as --channels/],
    [["sim", "--out", "x", "--amplitude", "5"], /least\.\.most/],
    [["sim", "--out", "x.BIN", "--split", "channel"], /give a folder with --out/],
    [["sim", "--out", "x", "--split", "board"], /"board" as --split/],
    [["sim", "--out", "x", "--gap", "2s..1s"], /"2s\.\.1s"/],
    [["sim", "--out", "."], /"\.": it is there already/],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await millrace(...args);
    assert.match(err, message, args.join(" "));
    assert.match(err, /^millrace: .*See millrace( \w+)? --help\n$/s, args.join(" "));
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.doesNotMatch(err, /\n\s+at /, "no stack");
  }
});

Deno.test("main() shows stacks with --debug only", async () => {
  const plain = await millrace("show", "/nowhere/at/all");
  assert.deepEqual(plain, {
    code: 1,
    out: "",
    err: 'millrace: Cannot open the store "/nowhere/at/all": there is no such folder; check the path\n',
  });
  const { code, err } = await millrace("show", "/nowhere/at/all", "--debug");
  assert.equal(code, 1);
  assert.ok(err.startsWith(plain.err));
  assert.match(err, /\n {2}at .*actions\/show\.ts/);
});

Deno.test("main() lists the plugins as text and JSON", async () => {
  const { out } = await millrace("plugins");
  assert.match(out, /^plugin +depends on +what it makes\nraw_files +- /);
  assert.match(out, /^records +raw_files /m);
  const all = JSON.parse((await millrace("plugins", "--json")).out) as {
    name: string;
    dependsOn: string[];
  }[];
  assert.deepEqual(all.find(({ name }) => name === "records")?.dependsOn, ["raw_files"]);
});

Deno.test("main() shows columns and options of one plugin", async () => {
  const { code, out } = await millrace("plugins", "hit_threshold");
  assert.equal(code, 0);
  assert.match(
    out,
    /^hit_threshold \S+ \(streaming, from records, filtered_waveforms \(as its options choose\)\)\n/,
  );
  assert.match(out, /^ {2}peakTime +time +ps +\w/m);
  assert.match(out, /^ {2}threshold +number \(per channel\) +10 ADC +ADC +at least 0 +\w/m);
  const one = JSON.parse((await millrace("plugins", "hit_threshold", "--json")).out) as {
    columns: Record<string, Record<string, string>>;
    options: { name: string; default: unknown; unit: string }[];
  };
  assert.equal(one.columns.hit_threshold?.peakTime, "time");
  const threshold = one.options.find(({ name }) => name === "threshold");
  assert.deepEqual([threshold?.default, threshold?.unit], [10, "ADC"]);
});

Deno.test("plugins shows units and meaning of columns, from what the plugins say of themselves", async () => {
  const { out } = await millrace("plugins", "hit_threshold");
  assert.match(out, /^ {2}column +type +unit +what it is$/m);
  assert.match(out, /^ {2}integral +f32 +ADC x sample +sum of the signal above 0 in the window$/m);
  const { columnHelp } = JSON.parse((await millrace("plugins", "hit_threshold", "--json")).out);
  assert.deepEqual(columnHelp.hit_threshold[0], {
    name: "time",
    type: "time",
    unit: "ps",
    help: "start of the window's first sample",
  });
});

Deno.test("plugins --all shows every plugin in full, and is refused with a name", async () => {
  const { out } = await millrace("plugins", "--all");
  for (const { name, options } of signalPlugins) {
    assert.match(out, new RegExp(`^${name} [0-9.]+ \\(`, "m"));
    for (const option of Object.keys(options)) assert.match(out, new RegExp(`^  ${option} `, "m"));
  }
  const { code, err } = await millrace("plugins", "hit", "--all");
  assert.equal(code, 2);
  assert.match(err, /Cannot show all plugins and "hit": give --all or a name/);
});

Deno.test("run, plan and verify --repair have the options of what computes, each told in the same words", async () => {
  const linesOf = async (command: string) => {
    const { out } = await millrace(command, "--help");
    return out.split("\nOptions:\n")[1]!.split(/\n(?= {2}-)|\n\n/).map((line) =>
      line.replaceAll(/\s+/g, " ")
    );
  };
  const [run, plan, verify] = await Promise.all(["run", "plan", "verify"].map(linesOf));
  const names = ["set", "plugins", "plugin", "lock", "no-installed", "recover"];
  for (const name of [...names, "executor", "workers"]) {
    const has = (line: string) => line.startsWith(` --${name} `);
    assert.equal(run!.filter(has).length, 1, name);
    assert.deepEqual(plan!.filter(has), run!.filter(has));
    assert.deepEqual(verify!.filter(has), names.includes(name) ? run!.filter(has) : []);
  }
  for (const name of ["-t, --type", "-s, --store", "--read-from", "--save", "--run-id"]) {
    const has = (line: string) => line.startsWith(` ${name} `);
    assert.equal(run!.filter(has).length, 1, name);
    assert.deepEqual(plan!.filter(has), run!.filter(has));
  }
});
