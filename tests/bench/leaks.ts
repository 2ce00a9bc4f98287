/**
 * What pools leave behind that are started, used and closed: memory, handles, threads and processes after 1000 of them
 * against after 100. Linux only: it reads /proc.
 */
import { WorkerPool } from "@millrace/executor/worker-pool";
import { processTransport } from "@millrace/executor/transport/process";
import { threadTransport } from "@millrace/executor/transport/thread";
import { type Measure, report } from "./_report.ts";

const BEFORE = 100, CYCLES = 1000;
const TRANSPORTS = { thread: threadTransport, process: processTransport };
type Kind = keyof typeof TRANSPORTS;

/** What this process holds. */
interface Held {
  readonly bytes: number;
  readonly handles: number;
  readonly threads: number;
  readonly processes: number;
}

/** Start, use and close a pool so often, two at a time. */
async function cycle(kind: Kind, times: number): Promise<void> {
  const one = { module: "data:text/javascript,export const one = () => 1;", export: "one" };
  const single = async () => {
    await using pool = new WorkerPool({ max: 1, transport: TRANSPORTS[kind]() });
    if (await pool.run(one, 0) !== 1) throw new Error("The pool gave something else");
  };
  for (let k = 0; k < times; k += 2) await Promise.all([single(), single()]);
}

async function held(): Promise<Held> {
  const count = async (what: string) => (await Array.fromAsync(Deno.readDir(`/proc/self/${what}`))).length;
  let processes = 0;
  for await (const { name } of Deno.readDir("/proc/self/task")) {
    try {
      const children = await Deno.readTextFile(`/proc/self/task/${name}/children`);
      processes += children.split(" ").filter(Boolean).length;
    } catch (error) {
      // A thread that has ended meanwhile: ESRCH where its file was open.
      if (!(error instanceof Deno.errors.NotFound) && (error as { code?: string }).code !== "ESRCH") {
        throw error;
      }
    }
  }
  (globalThis as unknown as { gc(): void }).gc();
  return {
    bytes: Deno.memoryUsage().rss,
    handles: await count("fd"),
    threads: await count("task"),
    processes,
  };
}

/** What is held once what ends by itself has ended: the least of the values within a second. */
async function settled(): Promise<Held> {
  let least = await held();
  for (let k = 0; k < 20; k++) {
    await new Promise((done) => setTimeout(done, 50));
    const now = await held();
    const of = (what: keyof Held) => Math.min(least[what], now[what]);
    least = {
      bytes: of("bytes"),
      handles: of("handles"),
      threads: of("threads"),
      processes: of("processes"),
    };
  }
  return least;
}

/** The cycles of a kind in a process of its own. */
async function measure(kind: Kind): Promise<Measure[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--v8-flags=--expose-gc", import.meta.url, kind],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const [before, after] = JSON.parse(new TextDecoder().decode(stdout)) as [Held, Held];
  const more = (name: string, what: keyof Held, budget: number): Measure => ({
    name: `  ${name}`,
    value: after[what] - before[what],
    unit: `more than ${before[what]}`,
    budget,
  });
  return [
    { name: `${kind} pools: resident after ${BEFORE}`, value: before.bytes / 1e6, unit: "MB" },
    { name: `  after ${CYCLES}`, value: after.bytes / 1e6, unit: "MB", budget: before.bytes / 1e6 + 20 },
    more("handles", "handles", 0),
    more("threads", "threads", 0),
    more("processes", "processes", 0),
  ];
}

const [kind] = Deno.args;
if (kind === "thread" || kind === "process") {
  await cycle(kind, BEFORE);
  const before = await settled();
  await cycle(kind, CYCLES - BEFORE);
  console.log(JSON.stringify([before, await settled()]));
} else {
  report(`Pools started, used and closed ${CYCLES} times`, [
    ...await measure("thread"),
    ...await measure("process"),
  ]);
}
