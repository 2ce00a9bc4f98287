import assert from "node:assert/strict";
import { command, commandLine, filesIn, inFolder, millrace, millraceJson } from "./_cli.ts";
import { signalIfRunning } from "./_signal.ts";

const windows = Deno.build.os === "windows";

/** Wait until a file appears that `test` accepts. */
async function appears(folder: string, test: (name: string) => boolean): Promise<void> {
  for (const end = performance.now() + 120_000; performance.now() < end;) {
    try {
      if ((await filesIn(folder)).some(test)) return;
    } catch (error) {
      // The folder may not be there yet, or a file in it may just have been renamed.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`No file of that kind has appeared in ${folder}`);
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test({
    ignore: windows,
    name: `millrace run ends cleanly at ${signal}`,
    fn: inFolder(async (cwd) => {
      await millraceJson(["sim", "--out", "run_1", "--rate", "20kHz", "--duration", "2s"], { cwd });
      const run = ["run", "run_1", "--type", "records,hit_threshold", "--store", "data", "--memory", "64MiB"];
      const interrupted = async (tries: number): Promise<Deno.CommandOutput> => {
        const child = command(run, { cwd }).spawn();
        const output = child.output();
        await appears(`${cwd}/data`, (name) => /records-\w+\/000004\.arrow$/.test(name));
        signalIfRunning(child, signal);
        const result = await output;
        if (result.code !== 0) return result;
        // On a busy machine it may come to its end before the signal does.
        assert.ok(tries < 20, "it always ended before the signal");
        await Deno.remove(`${cwd}/data`, { recursive: true });
        return await interrupted(tries + 1);
      };
      const { code: ended, stdout, stderr } = await interrupted(1);
      const decoder = new TextDecoder();
      assert.match(
        decoder.decode(stderr),
        new RegExp(
          `^millrace: Interrupted by ${signal}: kept are .*records up to [\\d.]+ m?s.*; the same command resumes from there\\n$`,
        ),
      );
      assert.deepEqual([ended, decoder.decode(stdout)], [code, ""]);
      assert.deepEqual((await filesIn(`${cwd}/data`)).filter((name) => /\.tmp|\/\./.test(name)), []);
      const [left] = await millraceJson<{ state: string; rows: number }[]>(
        ["ls", "data", "run_1", "records"],
        { cwd },
      );
      assert.equal(left!.state, "incomplete");
      const plan = await millrace(["plan", ...run.slice(1, 6)], { cwd });
      assert.match(
        plan.out,
        /^Kept of an interrupted run: records up to [\d.]+ m?s, [\d ]+ rows; millrace run goes on from there$/m,
      );
      const { partial } = await millraceJson<{ partial: { dataType: string; end: string; rows: number }[] }>(
        ["plan", ...run.slice(1, 6)],
        { cwd },
      );
      assert.equal(partial.find(({ dataType }) => dataType === "records")!.rows, left!.rows);
      const fresh = await millrace(["plan", ...run.slice(1, 6), "--fresh"], { cwd });
      assert.doesNotMatch(fresh.out, /Kept/);
      const shown = await millrace(["show", "data", "run_1", "records"], { cwd });
      assert.match(shown.err, /"records" of run "run_1": it is not complete; millrace run goes on with it/);
      const verified = await millrace(["verify", "data", "run_1", "records"], { cwd });
      assert.match(verified.err, /^run_1\/records is not complete and was left out\n$/);
      const again = await millraceJson<
        { plugins: { plugin: string; action: string; rows: number }[]; resumed: object }
      >(
        run,
        { cwd },
      );
      assert.ok(again.plugins.some(({ plugin, action }) => plugin === "records" && action === "resumed"));
      assert.ok("records" in again.resumed);
      const [whole] = await millraceJson<{ state: string; rows: number }[]>([
        "ls",
        "data",
        "run_1",
        "records",
      ], { cwd });
      assert.equal(whole!.state, "complete");
      const made = again.plugins.find(({ plugin }) => plugin === "records")!.rows;
      assert.ok(made < whole!.rows, `${made} of ${whole!.rows} records were made again`);
    }),
  });
}

Deno.test({
  ignore: windows,
  name: "millrace run --fresh keeps what it has computed, unless a complete result is there, which stays",
  fn: inFolder(async (cwd) => {
    await millraceJson(["sim", "--out", "run_1", "--rate", "20kHz", "--duration", "2s"], { cwd });
    const run = ["run", "run_1", "--type", "records", "--store", "data", "--memory", "64MiB"];
    /** The message of a fresh run that is interrupted when its fifth file is there. */
    const interrupted = async (): Promise<string> => {
      for (let tries = 0; tries < 20; tries++) {
        const child = command([...run, "--fresh"], { cwd }).spawn();
        const output = child.output();
        await appears(`${cwd}/data`, (name) => /records-\w+(\.new)?\/000004\.arrow$/.test(name));
        signalIfRunning(child, "SIGINT");
        const { code, stderr } = await output;
        if (code === 130) return new TextDecoder().decode(stderr);
        // On a busy machine it may come to its end before the signal does.
        assert.equal(code, 0);
        await Deno.remove(`${cwd}/data`, { recursive: true });
      }
      throw new Error("It always ended before the signal");
    };
    assert.match(
      await interrupted(),
      /: kept are records up to [\d.]+ m?s; the same command without --fresh resumes from there\n$/,
    );
    const { resumed } = await millraceJson<{ resumed: object }>(run, { cwd });
    assert.deepEqual(Object.keys(resumed), ["records"]);
    const ls = () => millrace(["ls", "data"], { cwd });
    const before = await ls(), files = await filesIn(`${cwd}/data`);
    const child = command([...run, "--fresh"], { cwd }).spawn();
    const output = child.output();
    await appears(`${cwd}/data`, (name) => /records-\w+\.new\/000001\.arrow$/.test(name));
    assert.ok(signalIfRunning(child, "SIGINT"), "it ended by itself");
    assert.match(
      new TextDecoder().decode((await output).stderr),
      /: nothing of this run is kept; of records the result of before is still there\n$/,
    );
    assert.deepEqual([(await ls()).out, await filesIn(`${cwd}/data`)], [before.out, files]);
  }),
});

/** Run a command in a terminal, which is closed as soon as `ready` says; gives the exit code. */
async function hungUp(line: string, cwd: string, ready: () => Promise<void>): Promise<number> {
  // A shell hands the signal on to its jobs; this one survives it to tell the code.
  const inner = `trap 'kill -HUP $pid; wait $pid; code=$?' HUP
    ${line} & pid=$!
    wait $pid; code=\${code:-$?}
    echo $code > code.tmp; mv code.tmp code`;
  const terminal = new Deno.Command("script", {
    args: ["-qec", inner, "/dev/null"],
    cwd,
    env: { LC_ALL: "C.UTF-8" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await ready();
  terminal.kill("SIGKILL"); // as a server of connections that are lost
  await terminal.status;
  await appears(cwd, (name) => name === "code");
  return Number(await Deno.readTextFile(`${cwd}/code`));
}

Deno.test({
  ignore: Deno.build.os !== "linux", // "script" has other options elsewhere
  name: "millrace run keeps what is complete when its terminal is closed",
  fn: inFolder(async (cwd) => {
    await millraceJson(["sim", "--out", "run_1", "--rate", "20kHz", "--duration", "2s"], { cwd });
    const run = ["run", "run_1", "--type", "records", "--store", "data", "--memory", "64MiB"];
    const ready = () => appears(`${cwd}/data`, (name) => /records-\w+\/000001\.arrow$/.test(name));
    const code = await hungUp(commandLine(run), cwd, ready);
    const [left] = await millraceJson<{ state: string }[]>(["ls", "data"], { cwd });
    assert.deepEqual([code, left!.state], [129, "incomplete"]);
    assert.deepEqual((await filesIn(`${cwd}/data`)).filter((name) => /\.tmp|\/\./.test(name)), []);
    const again = await millraceJson<{ resumed: object }>(run, { cwd });
    assert.deepEqual(Object.keys(again.resumed), ["records"]);
  }),
});

Deno.test({
  ignore: windows,
  name: "millrace sim leaves nothing when it is interrupted",
  fn: inFolder(async (cwd) => {
    const args = ["sim", "--out", "run_1", "--rate", "20kHz", "--duration", "10min", "--samples", "400"];
    const child = command(args, { cwd }).spawn();
    await appears(cwd, (name) => name.endsWith(".BIN"));
    assert.ok(signalIfRunning(child, "SIGINT"), "it ended by itself");
    const { code } = await child.output();
    assert.equal(code, 130);
    assert.deepEqual(await filesIn(cwd), []);
  }),
});
