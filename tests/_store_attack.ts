// Commands that change a store against readers and writers, one of which is killed at a random moment.
//
//   deno run -A tests/_store_attack.ts 50          50 kills of each kind
//   deno run -A tests/_store_attack.ts WHAT ROOT   one of the processes

import assert from "node:assert/strict";
import { Chunk, type Schema, schema, Table } from "@millrace/core";
import {
  FolderStore,
  leftoversOf,
  removeLeftovers,
  type StoredResult,
  verifyResult,
} from "@millrace/core/store";
import { main, memoryIo } from "@millrace/cli";

const CHUNKS = 12, ROWS = 400;
const rows = schema({ time: "time", value: "u32", wave: "u16[40]" }) as unknown as Schema;
const META = { schema: rows, lineage: null, lineageHash: "4f1a" };

/** A chunk of a result. Those of other variants have files of the same sizes. */
function chunkOf(k: number, variant: number): Chunk {
  const table = Table.allocate(rows, ROWS, { t0: BigInt(k * ROWS) });
  const { time, value, wave } = table.columns as unknown as Record<string, Uint32Array>;
  for (let i = 0; i < ROWS; i++) {
    time![i] = i;
    value![i] = variant;
    wave!.fill(variant, 40 * i, 40 * i + 40);
  }
  return new Chunk(table, { start: BigInt(k * ROWS), end: BigInt((k + 1) * ROWS) });
}

/** The one variant that all rows of a result are of. */
async function variantOf(result: StoredResult, verify: "always" | "never"): Promise<number> {
  const seen = new Set<number>();
  let count = 0;
  for await (using chunk of result.read({ verify })) {
    const { value, wave } = chunk.table.columns as unknown as Record<string, Uint32Array>;
    for (const one of value!) seen.add(one);
    for (const one of wave!) seen.add(one);
    count += chunk.length;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
  }
  assert.deepEqual([seen.size, count], [1, CHUNKS * ROWS], `rows of variants ${[...seen]}`);
  return [...seen][0]!;
}

const TYPES = ["fresh", "grown"];
const keyOf = (dataType: string) => ({ runId: "run_7", dataType, lineageHash: META.lineageHash });

/** What may be in the way when several do something. */
const EXPECTED =
  /is being read|is writing it|replaced or removed meanwhile|finished or replaced|begun anew|is not complete|Cannot find|is no store|it is complete|was replaced while it was copied/;

/** How often something was done, or something was in the way. */
const counts = { done: 0, inTheWay: 0 };

async function unlessExpected(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    counts.done++;
  } catch (error) {
    if (!EXPECTED.test((error as Error).message)) throw error;
    counts.inTheWay++;
  }
}

/** Write results: one that replaces the one before, and one that goes on where it was left. */
async function write(store: FolderStore, variant: number): Promise<void> {
  await unlessExpected(async () => {
    await using writer = await store.writer(keyOf("fresh"), META);
    for (let k = 0; k < CHUNKS; k++) {
      using chunk = chunkOf(k, variant);
      await writer.write(chunk);
    }
    await writer.finish();
  });
  await unlessExpected(async () => {
    await using writer = await store.writer(keyOf("grown"), META, { resume: true });
    for (let k = Number(writer.resumesAt ?? 0n) / ROWS; k < CHUNKS; k++) {
      using chunk = chunkOf(k, 7);
      await writer.write(chunk);
    }
    await writer.finish();
  });
}

async function read(store: FolderStore, k: number): Promise<void> {
  for (const type of TYPES) {
    const result = await store.open(keyOf(type));
    if (result) {
      await unlessExpected(async () => {
        await variantOf(result, k % 2 ? "always" : "never");
      });
    }
  }
  for (const summary of await store.list()) {
    assert.equal(summary.problem, undefined);
    if (!summary.meta) continue;
    await unlessExpected(async () => {
      assert.deepEqual((await verifyResult(summary)).problems.filter(({ file }) => !isUnderWay(file)), []);
    });
  }
}

/** A file that another process is about to finish. */
const isUnderWay = (file: string) => file.endsWith(".tmp");

async function remove(store: FolderStore): Promise<void> {
  for (const summary of await store.list()) await unlessExpected(() => store.remove(summary));
}

/** Commands by what they are called here. */
const COMMANDS: Readonly<Record<string, (root: string) => string[][]>> = {
  gc: (root) => [["gc", root, "--older-than", "0s", "--leftovers", "--yes"]],
  copy: (root) => [["copy", root, "--to", `${root}_copy`, "--verify"]],
  rechunk: (root) => [["rechunk", root, "run_7", "fresh", "--size", `${20_000 + Math.random() * 1e6 | 0}`]],
};
/** What is attacked. */
export const ACTS: readonly string[] = [...Object.keys(COMMANDS), "remove"];

async function command(args: string[]): Promise<void> {
  const io = memoryIo();
  const code = await main(args, io);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${io.stderr}`);
}

/** One of the processes: again and again, until its input ends. */
async function work(what: string, root: string): Promise<void> {
  const store = new FolderStore(root, { durable: false, codec: "none" });
  const copies = new FolderStore(`${root}_copy`, { readOnly: true });
  console.log("ready");
  const byte = new Uint8Array(1);
  if (await Deno.stdin.read(byte) === null) return;
  let ended = false;
  void Deno.stdin.read(byte).then(() => ended = true);
  for (let k = 0; !ended; k++) {
    if (what === "read") { for (const one of [store, copies]) await read(one, k); }
    else if (what === "write") await write(store, 1 + (k + Deno.pid) % 50_000);
    else if (what === "remove") await remove(store);
    else for (const args of COMMANDS[what]!(root)) await unlessExpected(() => command(args));
  }
  console.log(JSON.stringify(counts));
}

class Peer {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<Uint8Array>;
  readonly #errors: Promise<string>;
  readonly what: string;

  constructor(what: string, root: string) {
    this.what = what;
    const config = decodeURIComponent(new URL("../deno.json", import.meta.url).pathname);
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "-A", "--config", config, import.meta.url, what, root],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout.getReader();
    this.#errors = new Response(this.#child.stderr).text();
  }

  async ready(): Promise<void> {
    const { done } = await this.#lines.read();
    if (done) throw new Error(`${this.what} did not begin: ${await this.#errors}`);
  }

  go(): Promise<void> {
    return this.#input.write(new Uint8Array(1));
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended(true);
  }

  /** How often it did something, and something was in the way. */
  async stop(): Promise<typeof counts> {
    await this.#input.close().catch(() => {}); // it may have failed: its end tells
    const { value } = await this.#lines.read();
    await this.#ended(false);
    return JSON.parse(new TextDecoder().decode(value));
  }

  async #ended(killed: boolean): Promise<void> {
    const { code, signal } = await this.#child.status;
    await this.#lines.cancel();
    if (killed) await this.#input.abort().catch(() => {});
    const errors = await this.#errors;
    if (killed ? signal !== "SIGKILL" : code !== 0) {
      throw new Error(`${this.what} ended with ${signal ?? code}: ${errors}`);
    }
  }
}

/** Nothing is damaged, everything can be read and removed, and nothing stays. */
async function check(root: string): Promise<void> {
  const store = new FolderStore(root, { durable: false, codec: "none" });
  for (const summary of await store.list()) {
    assert.equal(summary.problem, undefined);
    if (!summary.meta) continue;
    const { problems } = await verifyResult(summary);
    assert.deepEqual(problems.filter(({ file }) => !isUnderWay(file)), []);
    await variantOf((await store.open(keyOf(summary.dataType)))!, "always");
  }
  for (const left of await leftoversOf(store)) await removeLeftovers(store, left);
  assert.deepEqual(await leftoversOf(store), []);
  await write(store, 3);
  for (const type of TYPES) await variantOf((await store.open(keyOf(type)))!, "always");
  for (const summary of await store.list()) {
    assert.deepEqual((await verifyResult(summary)).problems.filter(({ file }) => !isUnderWay(file)), []);
  }
  const names = (await Array.fromAsync(Deno.readDir(`${root}/run_7`))).map(({ name }) => name).sort();
  assert.deepEqual(names, TYPES.map((type) => `${type}-${META.lineageHash}`));
}

/** Kill each kind of process `kills` times while the others work. */
export async function attack(
  folder: string,
  acts: readonly string[],
  kills: number,
  told?: (line: string) => void,
): Promise<void> {
  for (const act of acts) {
    for (const victim of ["act", "read", "write"]) {
      const root = `${folder}/${act}_${victim}`;
      await write(new FolderStore(root, { durable: false, codec: "none" }), 1);
      const begin = async (what: string): Promise<Peer> => {
        const peer = new Peer(what, root);
        await peer.ready();
        await peer.go();
        return peer;
      };
      const peers = new Map<string, Peer>();
      for (const what of ["read", "write", "act"]) peers.set(what, await begin(what === "act" ? act : what));
      for (let k = 0; k < kills; k++) {
        await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 300));
        await peers.get(victim)!.kill();
        peers.set(victim, await begin(victim === "act" ? act : victim));
      }
      for (const [what, peer] of peers) {
        const { done, inTheWay } = await peer.stop();
        if (what === victim) continue; // the last one had little time
        assert.ok(done > 0, `${what} never did anything against ${act}`);
        told?.(`${act}, ${victim} killed: ${what} did ${done}, ${inTheWay} were in the way`);
      }
      await check(root);
      if (act === "copy") await check(`${root}_copy`);
    }
  }
}

if (import.meta.main) {
  const [what = "50", root] = Deno.args;
  if (root !== undefined) await work(what, root);
  else {
    const folder = await Deno.makeTempDir({ prefix: "millrace_attack_" });
    for (const act of ACTS) {
      await attack(folder, [act], Number(what), console.log);
      console.log(`${act}: ${what} kills of it, of a reader, of a writer`);
    }
    await Deno.remove(folder, { recursive: true });
  }
}
