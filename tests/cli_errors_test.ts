import assert from "node:assert/strict";
import {
  filesIn,
  HAS_REAL_FILE,
  inFolder,
  millrace,
  millraceJson,
  PERMISSIONS,
  REAL_FILE,
  resultFolder,
  SKIPPED,
} from "./_cli.ts";

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  readonly code: number;
  readonly message: RegExp;
}

const RUN = ["--type", "records", "--store", "data"];

/** One line a mistake; `good` is a run that can be read. */
const CASES: readonly Case[] = [
  {
    name: "a missing file",
    args: ["run", "nothing.BIN", ...RUN],
    code: 1,
    message: /Cannot find the input "nothing\.BIN": .*check the path/,
  },
  {
    name: "a folder without data",
    args: ["run", "empty", ...RUN],
    code: 1,
    message: /Cannot find data in the folder "empty".*give the folder of a run/,
  },
  {
    name: "a pattern without files",
    args: ["run", "good/*.BIN", ...RUN],
    code: 1,
    message: /Cannot find files that match "good\/\*\.BIN"/,
  },
  {
    name: "an empty file",
    args: ["run", "zero.BIN", ...RUN],
    code: 1,
    message: /"zero\.BIN" at byte 0: it is empty/,
  },
  {
    name: "a file with another header",
    args: ["run", "noise.BIN", ...RUN],
    code: 1,
    message:
      /"noise\.BIN" at byte 0: it starts with 0x3412, a CoMPASS file with 0xcae0 to 0xcaef; give \.BIN files/,
  },
  {
    name: "random bytes behind a good header",
    args: ["run", "random.BIN", ...RUN],
    code: 1,
    message:
      /"random\.BIN" at byte 2: .*the file is damaged there; copy it again, or run again with --recover/,
  },
  {
    name: "a truncated file",
    args: ["run", "cut.BIN", ...RUN],
    code: 1,
    message:
      /"cut\.BIN" at byte \d+: the last event is cut off after \d+ of \d+ bytes; copy the file again, or run again with --recover/,
  },
  {
    name: "an option value that is none",
    args: ["run", "good", ...RUN, "--set", "raw_files.dt=soon"],
    code: 2,
    message: /"raw_files\.dt" \(--set\).*"soon"/,
  },
  {
    name: "an option that is not there",
    args: ["run", "good", ...RUN, "--set", "records.polarty=positive"],
    code: 2,
    message: /no option "polarty"; did you mean "polarity"\?/,
  },
  {
    name: "a data type that nothing provides",
    args: ["run", "good", "--type", "hit_treshold", "--store", "data"],
    code: 2,
    message: /No plugin provides "hit_treshold"; did you mean "hit_threshold"\?/,
  },
  {
    name: "a store that is a file",
    args: ["run", "good", "--type", "records", "--store", "zero.BIN"],
    code: 1,
    message: /Cannot use "zero\.BIN" as a store: it is a file; give a folder/,
  },
  {
    name: "a store inside a file",
    args: ["run", "good", "--type", "records", "--store", "zero.BIN/data"],
    code: 1,
    message: /Cannot use "zero\.BIN\/data" as a store: .*choose another folder/,
  },
  {
    name: "a store that is not there",
    args: ["show", "none"],
    code: 1,
    message: /Cannot open the store "none"/,
  },
  {
    name: "a store to show that is a file",
    args: ["show", "zero.BIN"],
    code: 1,
    message: /Cannot open the store "zero\.BIN": it is a file; give a folder/,
  },
];

async function makeInputs(cwd: string): Promise<void> {
  await millraceJson(["sim", "--out", "good", "--duration", "5ms", "--samples", "64"], { cwd });
  const good = await Deno.readFile(`${cwd}/good/RAW/DataR.BIN`);
  await Deno.mkdir(`${cwd}/empty`);
  await Deno.writeFile(`${cwd}/zero.BIN`, new Uint8Array());
  await Deno.writeFile(`${cwd}/cut.BIN`, good.subarray(0, good.length - 7));
  const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 167 + 18 + (i >> 3)) & 255);
  noise.set([0x12, 0x34]);
  await Deno.writeFile(`${cwd}/noise.BIN`, noise);
  noise.set(good.subarray(0, 2));
  noise.fill(0xff, 2, 40);
  await Deno.writeFile(`${cwd}/random.BIN`, noise);
}

Deno.test(
  "millrace answers every mistake with one message, its code and no result",
  inFolder(async (cwd) => {
    await makeInputs(cwd);
    for (const { name, args, code, message } of CASES) {
      const result = await millrace([...args, ...args[0] === "run" ? ["--json"] : []], { cwd });
      assert.match(result.err, message, name);
      assert.match(result.err, /^millrace: /, name);
      assert.doesNotMatch(result.err, /\n\s+at |Uncaught|\.ts:\d/, name);
      assert.deepEqual([result.code, result.out], [code, ""], name);
    }
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${cwd}/data`)), [], "no file and no folder is left");
  }),
);

Deno.test(
  "millrace run --recover keeps what stands before the damage and says what is lost",
  inFolder(async (cwd) => {
    await makeInputs(cwd);
    const count = async (input: string, ...more: string[]) => {
      await millraceJson(["run", input, ...RUN, "--run-id", "r", ...more], { cwd });
      return (await millraceJson<unknown[]>(["show", "data", "r", "records", "--columns", "time"], { cwd }))
        .length;
    };
    const whole = await count("good");
    assert.ok(whole > 2);
    const { code, out, err } = await millrace(["run", "cut.BIN", ...RUN, "--recover"], { cwd });
    assert.equal(code, 0, err);
    assert.match(
      out,
      new RegExp(
        `^Note: .*Recovered ${whole - 1} events of "cut\\.BIN": \\d+ bytes from byte \\d+ on are lost`,
        "m",
      ),
    );
    assert.equal(await count("cut.BIN", "--recover"), whole - 1);
    const listed = await millrace(["show", "data", "cut"], { cwd });
    assert.match(listed.out, /Note on cut\/records: .*Recovered/);
  }),
);

Deno.test(
  "millrace run that fails leaves the stored result as it was",
  inFolder(async (cwd) => {
    await makeInputs(cwd);
    await millraceJson(["run", "good", ...RUN, "--run-id", "r"], { cwd });
    const metadata = `${cwd}/${await resultFolder(cwd, "data/r/records")}/metadata.json`;
    const before = await Deno.readTextFile(metadata);
    const failed = await millrace(["run", "cut.BIN", ...RUN, "--run-id", "r"], { cwd });
    assert.equal(failed.code, 1);
    assert.equal(await Deno.readTextFile(metadata), before);
    assert.deepEqual((await filesIn(`${cwd}/data`)).filter((name) => name.includes("/.")), []);
  }),
);

Deno.test(
  "millrace show names a run, type, column and file that it cannot give",
  inFolder(async (cwd) => {
    await makeInputs(cwd);
    await millraceJson(["run", "good", ...RUN], { cwd });
    const cases: [args: string[], code: number, message: RegExp][] = [
      [["show", "data", "run_8"], 1, /Cannot find run "run_8" in "data"; its runs are good/],
      [
        ["show", "data", "godo"],
        1,
        /Cannot find run "godo" in "data"; did you mean "good"\? Its runs are good/,
      ],
      [
        ["show", "good"],
        1,
        /"good" is no store: there is no result in it; is it raw data\? See millrace run --help$/m,
      ],
      [["show", ".", "good", "RAW"], 1, /"\." is no store/],
      [["show", "good", "RAW", "x"], 1, /"good" is no store/],
      [["show", "data", "good", "records", "--picture", "--json"], 2, /give --picture or --json/],
      [["show", "data", "run_8", "records"], 1, /Cannot find run "run_8"/],
      [["show", "data", "good", "hits"], 1, /Cannot find "hits" of run "good"; "data" has of it records$/m],
      [
        ["show", "data", "good", "records", "--columns", "tme"],
        2,
        /the column "tme" of "records".*there are time, endtime/,
      ],
    ];
    for (const [args, code, message] of cases) {
      const result = await millrace(args, { cwd });
      assert.match(result.err, message);
      assert.deepEqual([result.code, result.out], [code, ""]);
    }
    const [file] = (await filesIn(cwd)).filter((name) => name.endsWith(".arrow"));
    const bytes = await Deno.readFile(`${cwd}/${file}`);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(`${cwd}/${file}`, bytes);
    const damaged = await millrace(["show", "data", "good", "records"], { cwd });
    assert.equal(damaged.code, 1);
    assert.ok(damaged.err.includes(file!), damaged.err);
    assert.equal(damaged.out, "");
    await Deno.writeTextFile(`${cwd}/${await resultFolder(cwd, "data/good/records")}/metadata.json`, "{");
    const list = await millrace(["show", "data"], { cwd });
    assert.equal(list.code, 0);
    assert.match(list.out, /^good +records +unreadable\nProblem: .*metadata\.json/m);
  }),
);

Deno.test(
  "millrace says which permission it was not given",
  inFolder(async (cwd) => {
    await makeInputs(cwd);
    const permissions = PERMISSIONS.filter((name) => name !== "--allow-write");
    const { code, out, err } = await millrace(["run", "good", ...RUN], { cwd, permissions });
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^millrace: Cannot store good\/records in folder "data\/good": .*--allow-write/);
  }),
);

Deno.test({
  ignore: !HAS_REAL_FILE,
  name: `millrace run --recover reads a truncated recording${SKIPPED}`,
  fn: inFolder(async (cwd) => {
    const bytes = await Deno.readFile(REAL_FILE);
    await Deno.writeFile(`${cwd}/part.BIN`, bytes.subarray(0, Math.floor(bytes.length / 2)));
    assert.equal((await millrace(["run", "part.BIN", ...RUN], { cwd })).code, 1);
    await millraceJson(["run", "part.BIN", ...RUN, "--recover"], { cwd });
    const rows = await millraceJson<unknown[]>(["show", "data", "part", "records", "--columns", "time"], {
      cwd,
    });
    assert.ok(rows.length >= 49 && rows.length <= 51, `${rows.length}`);
  }),
});
