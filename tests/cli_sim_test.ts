import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, millrace, millraceJson } from "./_cli.ts";

const sim = ["sim", "--out", "run_1", "--duration", "20ms", "--channels", "2"];

Deno.test(
  "millrace sim --force leaves nothing of the run that was simulated there before",
  inFolder(async (cwd) => {
    await millraceJson([...sim, "--split", "channel"], { cwd });
    const { records } = await millraceJson<{ records: number }>([...sim, "--force", "--seed", "2"], { cwd });
    const names = (await Array.fromAsync(Deno.readDir(join(cwd, "run_1", "RAW")))).map(({ name }) => name);
    assert.deepEqual(names, ["DataR.BIN"]);
    const run = ["run", "run_1", "--type", "records", "--store", "s"];
    const { plugins } = await millraceJson<{ plugins: { plugin: string; rows: number }[] }>(run, { cwd });
    assert.equal(plugins.find(({ plugin }) => plugin === "records")?.rows, records);
  }),
);

Deno.test(
  "millrace sim --force does not touch data that was not simulated",
  inFolder(async (cwd) => {
    await millraceJson(sim, { cwd });
    const mine = join(cwd, "run_1", "RAW", "mine.BIN");
    await Deno.writeTextFile(mine, "precious");
    const { code, err } = await millrace([...sim, "--force"], { cwd });
    assert.equal(code, 1);
    assert.match(err, /mine\.BIN" is there already and was not simulated/);
    assert.equal(await Deno.readTextFile(mine), "precious");
  }),
);

Deno.test(
  "millrace run refuses a pipe instead of waiting for it",
  inFolder(async (cwd) => {
    const { code } = await new Deno.Command("mkfifo", { args: [join(cwd, "pipe.BIN")] }).output();
    assert.equal(code, 0);
    const result = await millrace(["run", "pipe.BIN", "--type", "records", "--store", "s"], { cwd });
    assert.notEqual(result.code, 0);
    assert.match(result.err, /"pipe\.BIN": it is neither a file nor a folder/);
  }),
);
