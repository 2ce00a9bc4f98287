/**
 * A first look at Millrace, without a digitizer: simulates a short run into a real CoMPASS file, computes records, hits
 * and features from it, stores them and draws a waveform with its hits. Takes a few seconds.
 *
 * ```sh
 * deno task demo
 * ```
 *
 * Everything is written into one folder, `./millrace-demo` by default, which is replaced by the next demo; a folder with
 * other files in it is left alone.
 * @module
 */
import { join } from "node:path";
import { FolderStore } from "@millrace/core/store";
import { runAction } from "./actions/run.ts";
import { showAction } from "./actions/show.ts";
import { simAction } from "./actions/sim.ts";
import { describeError, exitCodeOf, UsageError } from "./errors.ts";
import { type Io, systemIo } from "./io.ts";

const FOLDER = "millrace-demo";
const MARKER = "README.txt";
const TEXT = "This folder was made by the Millrace demo. The next demo replaces what is in it.\n";
const SETTING = "hit_threshold.threshold=40";
const PARTS = ["DAQ", "data"];

/**
 * Run the demo.
 *
 * @param io Where to write.
 * @param folder Where files go; made where it is missing.
 * @returns The exit code, as of the command line.
 */
export async function demo(io: Io, folder: string = FOLDER): Promise<number> {
  try {
    await prepare(folder);
    const raw = join(folder, "DAQ", "run_7"), store = join(folder, "data");
    io.out("1. Simulate one second of a digitizer with 4 channels\n\n");
    await simAction(
      {
        out: raw,
        channels: "4",
        rate: "2kHz",
        duration: "1s",
        seed: "7",
        pileUp: "0.1",
        amplitude: "200..6000",
      },
      io,
    );
    io.out(`\n2. Compute records, hits and features with ${SETTING}, and store them\n\n`);
    await runAction(
      [raw],
      { type: "records,hit_threshold,basic_features", store, set: [SETTING] },
      io,
    );
    io.out("\n3. Look at one waveform with two hits\n\n");
    const row = await pileUp(store);
    await showAction(store, "run_7", "records", { picture: String(row) }, io);
    io.out(next(raw, store, row));
    return 0;
  } catch (error) {
    io.err(`millrace demo: ${describeError(error)}\n`);
    return exitCodeOf(error);
  }
}

/** Remove what the last demo left, and nothing else. */
async function prepare(folder: string): Promise<void> {
  let names: string[];
  try {
    names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    names = [];
  }
  const marker = join(folder, MARKER);
  const ours = names.includes(MARKER) && await Deno.readTextFile(marker) === TEXT;
  const foreign = names.find((name) => !ours || !(name === MARKER || PARTS.includes(name)));
  if (foreign !== undefined) {
    throw new UsageError(
      `Cannot write the demo into "${folder}": it holds "${foreign}", which no demo has made; move it away`,
    );
  }
  for (const name of names) if (name !== MARKER) await Deno.remove(join(folder, name), { recursive: true });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(marker, TEXT);
}

/** Number of the first record with exactly two hits, both high and long. */
async function pileUp(store: string): Promise<number> {
  const hits = await new FolderStore(store).open({ runId: "run_7", dataType: "hit_threshold" });
  const found = new Map<number, number>();
  for await (const chunk of hits!.read({ columns: ["record_id", "height", "width"] })) {
    using table = chunk.table;
    const id = table.get("record_id", "i64"),
      height = table.get("height", "f32"),
      width = table.get("width", "f32");
    for (let i = 0; i < table.length; i++) {
      const good = height[i]! > 800 && width[i]! > 40 ? 1 : NaN;
      found.set(Number(id[i]), (found.get(Number(id[i])) ?? 0) + good);
    }
  }
  return [...found].find(([, count]) => count === 2)?.[0] ?? 0;
}

function next(raw: string, store: string, row: number): string {
  return `
Try next:
  deno task millrace show ${store} run_7 hit_threshold --time 100ms..200ms --limit 5
  deno task millrace show ${store} run_7 records --picture ${row}
  deno task millrace run ${raw} --type hit_threshold --set hit_threshold.threshold=100 --store ${store}
`;
}

if (import.meta.main) Deno.exit(await demo(systemIo(), Deno.args[0]));
