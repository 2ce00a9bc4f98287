// Processes that are killed while they write, and processes that want the same result.

import assert from "node:assert/strict";
import { FolderStore } from "@millrace/core/store";
import { seeded } from "../packages/core/testing/_seeded_testing.ts";
import { inFolder } from "./_cli.ts";
import { signalIfRunning } from "./_signal.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const KILLS = 50, RACES = 100, ROWS = 6000;
/** Limits of loops whose kills come too late, however slow the machine is. */
const MOST_RUNS = 1000;

function work(what: string, root: string): Deno.ChildProcess {
  const flags = [
    "run",
    "--quiet",
    "--no-check",
    "--allow-read",
    "--allow-write",
    "--config",
    `${ROOT}deno.json`,
  ];
  return new Deno.Command(Deno.execPath(), {
    args: [...flags, `${ROOT}tests/_store_work.ts`, what, root],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** The files of the results of a run, with the hash of their content; but for what names the moment. */
async function filesOf(root: string, runId: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name: folder } of Deno.readDir(`${root}/${runId}`)) {
    if (folder.endsWith(".lock")) continue; // of a process that was killed when all was done
    for await (const { name } of Deno.readDir(`${root}/${runId}/${folder}`)) {
      const bytes = await Deno.readFile(`${root}/${runId}/${folder}/${name}`);
      const text = name === "metadata.json"
        ? new TextDecoder().decode(bytes).replace(/^ {2}"(id|created|sha256)":.*$/gm, "")
        : undefined;
      const hash = await crypto.subtle.digest(
        "SHA-256",
        text === undefined ? bytes : new TextEncoder().encode(text),
      );
      files[`${folder}/${name}`] = text ?? new Uint8Array(hash).toHex();
    }
  }
  return files;
}

/** Rows of the chunks of a result that is not complete. */
async function chunkRows(folder: string | undefined): Promise<number[]> {
  if (folder === undefined) return [];
  const lines = (await Deno.readTextFile(`${folder}/journal.tsv`)).split("\n").slice(1);
  return lines.flatMap((line) => line.startsWith("0") ? [Number(line.split("\t")[2])] : []);
}

/** Lines of a stream, one at a time. */
async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream() as never) as ReadableStream<string>) {
    text += part;
    const lines = text.split("\n");
    text = lines.pop()!;
    yield* lines;
  }
  return undefined;
}

Deno.test({
  name:
    "a run that is killed at random moments, also with a torn journal, ends with the bytes of one that is not",
  ignore: Deno.build.os === "windows",
  fn: inFolder((cwd) =>
    seeded(async (random) => {
      const whole = work("kill", `${cwd}/whole`);
      void whole.stdin.close();
      assert.match(new TextDecoder().decode((await whole.output()).stdout), /done/);
      const wanted = await filesOf(`${cwd}/whole`, "run");
      assert.ok(Object.keys(wanted).length > 200, `only ${Object.keys(wanted).length} files`);
      let kills = 0, late = 0, torn = 0, halves = 0, resumed = 0, waited = 0;
      for (let result = 0, runs = 0; kills < KILLS; result++) {
        const root = `${cwd}/r${result}`;
        for (let ended = false; !ended;) {
          assert.ok(++runs < MOST_RUNS, `${kills} of ${runs} processes were killed, ${late} had ended`);
          const child = work("kill", root);
          void child.stdin.close();
          // A moment after some of the rows: how long these take depends on the machine.
          const rows = random.below(ROWS / 2), pause = 4 * random.next();
          let sent: Promise<unknown> | undefined;
          for await (const line of linesOf(child.stdout)) {
            if (line === "done") ended = true;
            if (sent || kills === KILLS || (line === "go" ? 0 : Number(line)) < rows) continue;
            sent = new Promise((done) => setTimeout(done, pause)).then(() =>
              signalIfRunning(child, "SIGKILL")
            );
          }
          await sent;
          const { code, signal } = await child.status;
          if (signal === "SIGKILL") kills++;
          else assert.deepEqual([code, ended], [0, true], "it failed");
          if (ended) {
            if (sent) late++;
            break;
          }
          for (const { folder, partial, meta } of await new FolderStore(root).list()) {
            assert.ok(partial || meta, "neither whole nor begun");
            if (!partial) continue;
            if (partial.rows > 0) resumed++;
            const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
            const rests = names.filter((name) => name.startsWith("rest"));
            if (rests.length > 0) waited++;
            if (names.some((name) => name.endsWith(".tmp"))) halves++;
            if (rests.length > 0 && random.next() < 0.2) {
              const rest = `${folder}/${rests[random.below(rests.length)]}`;
              await Deno.truncate(rest, random.below((await Deno.stat(rest)).size));
            }
            const journal = `${folder}/journal.tsv`;
            const { size } = await Deno.stat(journal);
            const way = random.next();
            if (size < 300 || way > 0.6) continue;
            torn++;
            if (way < 0.3) await Deno.truncate(journal, size - 1 - random.below(100));
            else await Deno.writeTextFile(journal, "000999.arrow\t0123", { append: true });
          }
        }
        assert.deepEqual(await filesOf(root, "run"), wanted, `result ${result} after ${kills} kills`);
        await Deno.remove(root, { recursive: true });
      }
      assert.ok(
        torn > 5 && resumed > 20 && waited > 10,
        `${torn} torn journals, ${resumed} results gone on with, ${waited} with rows that waited, ${halves} half files, ` +
          `${late} late kills`,
      );
    })
  ),
});

Deno.test({
  name:
    "what a kill loses is the chunk that is gathered and the stretches in flight; all else is never computed again",
  ignore: Deno.build.os === "windows",
  fn: inFolder((cwd) =>
    seeded(async (random) => {
      const stretch = 97;
      const lost: number[] = [];
      let most = 0;
      for (let result = 0, runs = 0; result < 12 || lost.length <= 10; result++) {
        const root = `${cwd}/r${result}`;
        let kept = 0;
        for (let ended = false; !ended;) {
          assert.ok(++runs < MOST_RUNS, `only ${lost.length} of ${runs} processes were killed`);
          const child = work("count", root);
          void child.stdin.close();
          const last = random.below(ROWS);
          let computed = 0, sent = false;
          for await (const line of linesOf(child.stdout)) {
            if (line === "done") ended = true;
            else computed = Number(line);
            if (ended || sent || computed < last) continue;
            signalIfRunning(child, "SIGKILL"); // it may have ended: its lines are read late
            sent = true;
          }
          const { code, signal } = await child.status;
          if (ended) {
            assert.equal(computed, ROWS - kept, "rows that were kept were computed again, or others never");
            break;
          }
          assert.equal(signal, "SIGKILL", `it ended with ${code}`);
          const [one] = await new FolderStore(root).list();
          if (one?.meta) break; // it was complete already
          const now = one?.partial?.rows ?? 0;
          most = Math.max(most, ...await chunkRows(one?.folder));
          lost.push(kept + computed - now);
          kept = now;
        }
      }
      assert.ok(most > 0, "no chunk was kept");
      // The chunk that is gathered, the one that is being written, and the stretches before and behind them.
      const limit = 2 * most + 2 * stretch;
      assert.ok(Math.max(...lost) <= limit, `${lost} rows were lost, of chunks of ${most} rows`);
    })
  ),
});

Deno.test({
  name: "two processes that want the same result compute it once, again and again",
  fn: inFolder(async (cwd) => {
    const root = `${cwd}/data`;
    const both = [work("race", root), work("race", root)];
    const lines = both.map(({ stdout }) => linesOf(stdout));
    const writers = both.map(({ stdin }) => stdin.getWriter());
    for (const line of lines) assert.equal((await line.next()).value, "ready");
    const winners = [0, 0];
    for (let k = 0; k < RACES; k++) {
      // Each is told first in every second run.
      for (const first of [k % 2, 1 - k % 2]) await writers[first]!.write(new Uint8Array(1));
      const counts = await Promise.all(lines.map(async (line, i) => {
        const { value } = await line.next();
        if (value === undefined) {
          const { code, signal } = await both[i]!.status;
          throw new Error(`run ${k}: process ${i} ended with ${signal ?? code}`);
        }
        return Number(value);
      }));
      assert.deepEqual(
        counts.toSorted((a, b) => a - b),
        [0, 60],
        `run ${k}: ${counts.join(" and ")} rows were computed`,
      );
      winners[counts.indexOf(60)]!++;
    }
    await Promise.all(writers.map((writer) => writer.close()));
    await Promise.all(both.map((child) => child.status));
    for (const line of lines) await line.return(undefined);
    const wanted = await filesOf(`${root}/0`, "run");
    for (let k = 1; k < RACES; k++) {
      assert.deepEqual(await filesOf(`${root}/${k}`, "run"), wanted, `run ${k}`);
    }
    assert.ok(winners.every((won) => won > 0), `one always came first: ${winners}`);
    assert.equal((await Array.fromAsync(Deno.readDir(`${root}/0/run`))).length, 2); // no lock is left
  }),
});
