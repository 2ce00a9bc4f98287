/**
 * What pools leave behind that are started, used and closed: memory, handles, threads and processes after 1000 of them
 * against after 100. V8 takes more memory for its heap during the first 1000 (what is used stays the same), so that a
 * second 1000 tells whether resident memory grows by more than the 40 MB that `Deno.Command` with `cat`, without any
 * pool, takes between 1500 and 2500 (and then no more). Linux only: it reads /proc.
 */
import { WorkerPool } from "@millrace/executor/worker-pool";
import { processTransport } from "@millrace/executor/transport/process";
import { threadTransport } from "@millrace/executor/transport/thread";
import { type Measure, report } from "./_report.ts";

const FEW = 100, MANY = 1000, MORE = 2000;
const TRANSPORTS = { thread: threadTransport, process: processTransport };
type Kind = keyof typeof TRANSPORTS;

/** What this process holds. */
interface Held {
  /** Resident. */
  readonly bytes: number;
  /** In use of V8's heap. */
  readonly heap: number;
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
  const { rss, heapUsed } = Deno.memoryUsage();
  return {
    bytes: rss,
    heap: heapUsed,
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
      heap: of("heap"),
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
  const [few, many, more] = JSON.parse(new TextDecoder().decode(stdout)) as [Held, Held, Held];
  const left = (what: "handles" | "threads" | "processes"): Measure => ({
    name: `  ${what} after ${MANY}`,
    value: many[what] - few[what],
    unit: `more than the ${few[what]} after ${FEW}`,
    budget: 0,
  });
  const mb = (bytes: number) => bytes / 1e6;
  return [
    { name: `${kind} pools: resident after ${FEW}`, value: mb(few.bytes), unit: "MB" },
    { name: `  after ${MANY}`, value: mb(many.bytes), unit: "MB" },
    { name: `  after ${MORE}`, value: mb(more.bytes), unit: "MB", budget: Math.ceil(mb(many.bytes)) + 40 },
    { name: `  heap in use after ${FEW}`, value: mb(few.heap), unit: "MB" },
    { name: `  ... after ${MANY}`, value: mb(many.heap), unit: "MB", budget: Math.ceil(mb(few.heap)) + 1 },
    left("handles"),
    left("threads"),
    left("processes"),
  ];
}

const [kind] = Deno.args;
if (kind === "thread" || kind === "process") {
  const found: Held[] = [];
  for (const [from, to] of [[0, FEW], [FEW, MANY], [MANY, MORE]] as const) {
    await cycle(kind, to - from);
    found.push(await settled());
  }
  console.log(JSON.stringify(found));
} else {
  report("Pools started, used and closed", [...await measure("thread"), ...await measure("process")]);
}
