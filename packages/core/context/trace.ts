/**
 * A run as a picture: writes what a run tells as a file in the Trace Event Format, which `chrome://tracing` and
 * https://ui.perfetto.dev show.
 *
 * A run is a process, the main thread and each worker a thread; every piece read, stretch computed and chunk written is a
 * slice, with the plugins of a stage as slices within. What waits before each plugin, the tasks under way and the bytes held are
 * counters, one point a `metrics` event.
 *
 * The file is written in steps of complete events and without its last bracket until `end()`, which the format allows: what a
 * killed run has left loads too. Held in memory: 64 KiB of text, and a few words a worker. O(1) an event.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Context, schema, Table, tableSource } from "@millrace/core";
 * import { Trace } from "@millrace/core/trace";
 *
 * let text = "";
 * const trace = new Trace((part) => text += part);
 * await using ctx = new Context();
 * ctx.register(tableSource("pulses", Table.from(schema({ time: "time" }), { time: [5n] })));
 * const onEvent = trace.run("run_1");
 * for await (const chunk of ctx.getStream("run_1", "pulses", { onEvent, metricsEvery: 100 })) chunk.release();
 * trace.end();
 * const events = JSON.parse(text) as { ph: string; name: string }[];
 * assert.ok(events.some(({ ph, name }) => ph === "X" && name === "read pulses"));
 * ```
 * @module
 */
import type { RunEvent } from "../engine/node.ts";
import { clock, type TaskEvent } from "../engine/task_event.ts";

/** Written in steps of this many characters, or once a second. */
const STEP = 2 ** 16, STEP_MS = 1000;

/** Slices of one worker that overlap, as those of asynchronous work may, are drawn side by side. */
interface Lane {
  readonly id: number;
  /** Milliseconds. */
  end: number;
}

interface Run {
  readonly id: number;
  readonly lanes: Map<string, Lane[]>;
  laneCount: number;
}

/** Writes a trace. */
export class Trace implements Disposable {
  readonly #write: (text: string) => void;
  readonly #origin = clock();
  #runs = 0;
  #text = "[";
  #first = true;
  #written = this.#origin;
  #ended = false;

  /**
   * A trace without events.
   *
   * @param write Takes the text in parts. What it throws ends the run that is traced.
   */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** A listener for one run, to be given as its `onEvent`. Give the run `metricsEvery` too: counters are drawn from that. */
  run(runId: string): (event: RunEvent) => void {
    const run: Run = { id: ++this.#runs, lanes: new Map(), laneCount: 0 };
    this.#add({ ph: "M", name: "process_name", pid: run.id, tid: 0, args: { name: `run ${runId}` } });
    return (event) => this.#take(run, event);
  }

  /** Write what is left and close the file's list. Events that come later are not written. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#text += "\n]\n";
    this.#flush(clock());
  }

  /** The same as `end()`. */
  [Symbol.dispose](): void {
    this.end();
  }

  #take(run: Run, event: RunEvent): void {
    if (this.#ended) return;
    if (event.type === "task") this.#task(run, event);
    else if (event.type === "metrics") this.#metrics(run, event);
    else if (event.type === "notice") {
      const { plugin, text } = event;
      const name = `note of ${plugin}`;
      this.#add({ ph: "i", s: "p", name, pid: run.id, tid: 0, ts: this.#at(clock()), args: { text } });
    } else return;
    const now = clock();
    if (this.#text.length >= STEP || now - this.#written >= STEP_MS) this.#flush(now);
  }

  #task(run: Run, event: TaskEvent): void {
    const { task, plugins, busy, worker, submitted, began, ended, start, end, rows, bytes } = event;
    const pid = run.id, tid = this.#lane(run, worker, began, ended);
    const args = {
      rows,
      bytes,
      wait_ms: round(Math.max(0, began - submitted)),
      ...(start === undefined ? {} : { start_ps: String(start) }),
      ...(end === undefined ? {} : { end_ps: String(end) }),
    };
    const ts = this.#at(began), dur = round((ended - began) * 1000);
    this.#add({ ph: "X", cat: task, name: `${task} ${plugins.join(" > ")}`, pid, tid, ts, dur, args });
    if (!busy) return;
    // The plugins of a stage run one after the other.
    let from = ts;
    const last = ts + dur;
    for (const name of plugins) {
      const part = Math.min(round((busy[name] ?? 0) * 1000), Math.max(0, round(last - from)));
      this.#add({ ph: "X", cat: "plugin", name, pid, tid, ts: from, dur: part });
      from = round(from + part);
    }
  }

  #metrics(run: Run, { plugins, heldBytes }: Extract<RunEvent, { type: "metrics" }>): void {
    const queued: Record<string, number> = {}, tasks: Record<string, number> = {};
    for (const [name, metrics] of plugins) {
      queued[name] = metrics.queueBytes;
      tasks[name] = metrics.tasks;
    }
    const common = { ph: "C", pid: run.id, tid: 0, ts: this.#at(clock()) } as const;
    this.#add({ ...common, name: "bytes waiting", args: queued });
    this.#add({ ...common, name: "tasks under way", args: tasks });
    this.#add({ ...common, name: "bytes held", args: { bytes: heldBytes } });
  }

  #lane(run: Run, worker: string, began: number, ended: number): number {
    let lanes = run.lanes.get(worker);
    if (!lanes) run.lanes.set(worker, lanes = []);
    let lane = lanes.find(({ end }) => end <= began);
    if (!lane) {
      lane = { id: ++run.laneCount, end: 0 };
      lanes.push(lane);
      const name = lanes.length === 1 ? worker : `${worker} (${lanes.length})`;
      this.#add({ ph: "M", name: "thread_name", pid: run.id, tid: lane.id, args: { name } });
      const order = { sort_index: sortIndex(worker) };
      this.#add({ ph: "M", name: "thread_sort_index", pid: run.id, tid: lane.id, args: order });
    }
    lane.end = ended;
    return lane.id;
  }

  /** Microseconds since the trace was made. */
  #at(ms: number): number {
    return round((ms - this.#origin) * 1000);
  }

  #add(event: TraceEvent): void {
    this.#text += `${this.#first ? "" : ","}\n${JSON.stringify(event)}`;
    this.#first = false;
  }

  #flush(now: number): void {
    this.#written = now;
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#write(text);
  }
}

/** An event of the format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU */
interface TraceEvent {
  readonly ph: "M" | "X" | "C" | "i";
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly s?: "p";
  /** Microseconds. */
  readonly ts?: number;
  /** Microseconds. */
  readonly dur?: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

/** Nanoseconds are enough. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The main thread first, then workers by number. */
function sortIndex(worker: string): number {
  const number = /\d+$/.exec(worker);
  return number ? 1 + Number(number[0]) : 0;
}

/**
 * A trace in a file, which is replaced.
 *
 * @throws {Error} When the file cannot be made, or written later.
 */
export function openTrace(path: string): Trace {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (cause) {
    throw new Error(`Cannot write the trace "${path}": ${messageOf(cause)}`, { cause });
  }
  return new FileTrace(path, file);
}

class FileTrace extends Trace {
  readonly #file: Deno.FsFile;
  #closed = false;

  constructor(path: string, file: Deno.FsFile) {
    super((text) => {
      try {
        const bytes = new TextEncoder().encode(text);
        for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      } catch (cause) {
        throw new Error(`Cannot write the trace "${path}": ${messageOf(cause)}`, { cause });
      }
    });
    this.#file = file;
  }

  override end(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      super.end();
    } finally {
      this.#file.close();
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
