import assert from "node:assert/strict";
import { command, filesIn, inFolder, millraceJson, PERMISSIONS } from "./_cli.ts";
import { killed, signalIfRunning } from "./_signal.ts";

// With --allow-run=/bin/sh, writing is granted but for that file: processes get what is granted without exception.
const permissions = [...PERMISSIONS, "--allow-run"];

const windows = Deno.build.os === "windows";
const linux = Deno.build.os === "linux";

/** Tells that it is at work and in which process, then computes for as long as each test says. */
const SLOW = (ms: number) => `
import { definePlugin } from "@millrace/core/define";
export const slow = definePlugin({
  provides: "slow",
  dependsOn: ["records"],
  version: "1",
  dataKind: "records",
  schema: { time: "time", zero: "f32" },
  computeChunk(chunk, { emit }) {
    Deno.writeTextFileSync("at_work_" + Deno.pid, "");
    const end = performance.now() + ${ms};
    while (performance.now() < end);
    return emit(chunk.length);
  },
});
`;

/** What a run says in the end, alone. */
const INTERRUPTED =
  /^millrace: Interrupted by (\w+): (nothing of this run is kept|kept are slow up to \S+ .s; the same command resumes from there)\n$/;

/** Ms a stretch, of which there are 100: a run that lasts until the signal comes, also on a busy machine. */
const LONG = 200;

/** Wait until a plugin is at work in so many processes; gives them. */
async function atWork(cwd: string, count: number): Promise<number[]> {
  for (const end = performance.now() + 120_000; performance.now() < end;) {
    const names = (await Array.fromAsync(Deno.readDir(cwd))).map(({ name }) => name);
    const found = names.filter((name) => name.startsWith("at_work_"));
    if (found.length >= count) return found.map((name) => Number(name.slice("at_work_".length)));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`The plugin has not started in ${count} processes`);
}

/** Whether a process is there and not only waited for. */
async function lives(pid: number): Promise<boolean> {
  try {
    return !/^State:\s+[ZX]/m.test(await Deno.readTextFile(`/proc/${pid}/status`));
  } catch (error) {
    // ESRCH: it ended while its status was read.
    if (error instanceof Deno.errors.NotFound || (error as { code?: string }).code === "ESRCH") return false;
    throw error;
  }
}

async function gone(pids: readonly number[]): Promise<void> {
  const end = performance.now() + 60_000;
  for (const pid of pids) {
    while (await lives(pid)) {
      assert.ok(performance.now() < end, `process ${pid} is still there`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/**
 * Start a run with the slow plugin, and wait until it is at work in so many processes. Who ends the run by force has to
 * know both workers: each may write its file for as long as it is there.
 */
async function start(cwd: string, kind: string, ms: number, count = kind === "process" ? 2 : 1) {
  await millraceJson(["sim", "--out", "run_1", "--rate", "5kHz", "--duration", "200ms"], { cwd });
  await Deno.writeTextFile(`${cwd}/slow.ts`, SLOW(ms));
  const run = [
    "run",
    "run_1",
    "--type",
    "slow",
    "--plugin",
    "slow.ts",
    "--store",
    "data",
    "--chunk-size",
    "10",
  ];
  const args = [...run, "--executor", kind, "--workers", "2", "--trace", "trace.json"];
  const child = command(args, { cwd, permissions }).spawn();
  const pids = await atWork(cwd, count);
  return { child, pids };
}

for (const kind of ["thread", "process"]) {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.test({
      ignore: windows,
      name: `millrace run ends cleanly at ${signal} while a ${kind} computes`,
      fn: inFolder(async (cwd) => {
        const { child, pids } = await start(cwd, kind, LONG);
        assert.ok(signalIfRunning(child, signal), "it ended before the signal");
        const { code: ended, stdout, stderr } = await child.output();
        const decoder = new TextDecoder();
        const [, name, left] = INTERRUPTED.exec(decoder.decode(stderr)) ?? [];
        assert.equal(name, signal, decoder.decode(stderr));
        assert.deepEqual([ended, decoder.decode(stdout)], [code, ""]);
        // Stretches may have come to their end before the signal.
        const files = (await filesIn(`${cwd}/data`)).map((file) => file.replace(/^.*\/|-\d+/g, "")).sort();
        const kept = ["journal.tsv", "metadata.json", "rest.arrow", "rest.tsv"];
        assert.deepEqual(files, left!.startsWith("kept") ? kept : []);
        assert.ok(Array.isArray(JSON.parse(await Deno.readTextFile(`${cwd}/trace.json`))));
        if (linux) await gone(pids);
      }),
    });
  }

  Deno.test({
    ignore: windows,
    name: `millrace run ends at a second signal at once while a ${kind} computes without end`,
    fn: inFolder(async (cwd) => {
      const { child, pids } = await start(cwd, kind, 1e9);
      assert.ok(signalIfRunning(child, "SIGINT"), "it ended by itself");
      await new Promise((resolve) => setTimeout(resolve, 50));
      signalIfRunning(child, "SIGTERM"); // the first may have been enough
      const { code } = await child.output();
      assert.ok([130, 143].includes(code), String(code));
      if (linux) await gone(pids);
      const text = await Deno.readTextFile(`${cwd}/trace.json`);
      assert.ok(Array.isArray(JSON.parse(text.endsWith("]\n") || text === "" ? text || "[]" : `${text}]`)));
    }),
  });
}

Deno.test({
  ignore: windows,
  name: "millrace run takes a Ctrl-C of the terminal, which its processes get too, as one",
  fn: inFolder(async (cwd) => {
    const { child, pids } = await start(cwd, "process", LONG);
    for (const pid of [...pids, child.pid]) Deno.kill(pid, "SIGINT");
    const { code, stderr } = await child.output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(INTERRUPTED.exec(text)?.[1], "SIGINT", text);
    assert.equal(code, 130);
    if (linux) await gone(pids);
  }),
});

Deno.test({
  ignore: !linux,
  name: "millrace run ends its processes when it is killed",
  fn: inFolder(async (cwd) => {
    const { child, pids } = await start(cwd, "process", LONG);
    assert.ok(await killed(child), "it ended by itself");
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
    await gone(pids);
  }),
});

Deno.test({
  ignore: windows,
  name: "millrace run goes on when one of its processes is killed",
  fn: inFolder(async (cwd) => {
    const { child, pids } = await start(cwd, "process", 50, 1);
    Deno.kill(pids[0]!, "SIGKILL");
    const { code, stderr } = await child.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const rows = await millraceJson<unknown[]>(["show", "data", "run_1", "slow"], { cwd });
    assert.ok(rows.length > 100);
  }),
});
