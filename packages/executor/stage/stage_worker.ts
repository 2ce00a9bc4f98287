/**
 * What workers do for runs: compute stretches, read sources, read and write chunk files. They are called by name through a pool.
 *
 * Stages and sources keep their state here from task to task, by key; tasks of one key come one after the other.
 * @module
 */
import type { Plugin, SourceContext, SourcePiece } from "@millrace/core/plugin";
import { checkPiece } from "@millrace/core/source-piece";
import { clock } from "@millrace/core/task-event";
import { partsOf } from "@millrace/core/handoff";
import { Place } from "./_place.ts";
import type { TaskContext } from "../task/task.ts";
import { TaskAccount } from "./_budget.ts";
import { received, Return, tableFrom } from "./_forms.ts";
import { stepFor } from "./_run_stage.ts";
import { plain, pool, prepare } from "./_worker_buffers.ts";
import type {
  LoadReply,
  LoadTask,
  ReadReply,
  ReadTask,
  SaveReply,
  SaveTask,
  SourceSpec,
} from "./messages.ts";

export { loadModules } from "./_plugins.ts";
export { forgetStage, runStage } from "./_run_stage.ts";

interface SourceHere {
  readonly iterator: AsyncIterator<SourcePiece>;
  readonly plugin: Plugin;
  readonly abort: AbortController;
  notices: string[];
  progress: Parameters<SourceContext["progress"]> | undefined;
}

const sources = new Map<string, Promise<SourceHere>>();

async function openSource({ spec, budget }: ReadTask): Promise<SourceHere> {
  const { runId, step, maxRows, maxBytes, timeRange, resume } = JSON.parse(spec) as SourceSpec;
  const { plugin, options } = await stepFor(step);
  const abort = new AbortController();
  const here = {
    plugin,
    abort,
    notices: [] as string[],
    progress: undefined as SourceHere["progress"],
  };
  const rows = plugin.read!({
    runId,
    options,
    maxRows,
    maxBytes,
    timeRange: [BigInt(timeRange[0]), BigInt(timeRange[1])],
    resume: resume && { at: BigInt(resume.at), cursor: resume.cursor },
    pool,
    account: new TaskAccount(budget),
    notice: (text) => here.notices.push(text),
    progress: (...said) => here.progress = said,
    signal: abort.signal,
  });
  return Object.assign(here, { iterator: rows[Symbol.asyncIterator]() });
}

/** Read the next piece of a source. */
export async function readPiece(task: ReadTask, context: TaskContext): Promise<ReadReply> {
  const began = clock();
  prepare(task);
  let opened = sources.get(task.key);
  if (!opened) {
    sources.set(task.key, opened = openSource(task));
    opened.catch(() => sources.delete(task.key)); // told to whoever asked
  }
  const here = await opened;
  const abort = () => here.abort.abort(context.signal.reason);
  context.signal.addEventListener("abort", abort, { once: true });
  try {
    const { value, done } = await here.iterator.next();
    const { notices, progress } = here;
    here.notices = [];
    const ran = (): ReadReply["ran"] => [context.worker, began, clock()];
    if (done) return { ran: ran(), piece: undefined, buffers: [], notices, progress };
    checkPiece(here.plugin, value);
    const back = new Return([], true, { pool, account: new TaskAccount(task.budget) });
    const [table] = back.tables([value.table]);
    return {
      ran: ran(),
      piece: { table: table!, end: value.end, start: value.start, cursor: value.cursor },
      buffers: back.buffers,
      notices,
      progress,
    };
  } finally {
    context.signal.removeEventListener("abort", abort);
  }
}

/** Close a source: it cleans up. */
export async function closeSource(key: string): Promise<void> {
  const opened = sources.get(key);
  if (!opened) return;
  sources.delete(key);
  const here = await opened;
  here.abort.abort(new DOMException("The run was closed", "AbortError"));
  await here.iterator.return?.();
}

/** Read a stored chunk's file. */
export async function loadChunk(task: LoadTask, { worker }: TaskContext): Promise<LoadReply> {
  const began = clock();
  prepare(task);
  const memory = { pool, account: new TaskAccount(task.budget) };
  const place = task.place && new Place(task.place, pool);
  const files = await import("@millrace/core/load-chunk"); // with what reads Arrow: not in front of other tasks
  const { table, ...rest } = await files.loadChunk(task.request, {
    ...memory,
    waits: true,
    ...(place && { pool: place }),
  });
  if (place?.holds(table)) {
    const ran = [worker, began, clock()] as const;
    return { ran, table: partsOf(table, [place.buffer]), buffers: [], isPlaced: true, ...rest };
  }
  const back = new Return([], true, memory);
  const [form] = back.tables([table]);
  const { buffers } = back;
  return { ran: [worker, began, clock()], table: form!, buffers, isPlaced: false, ...rest };
}

/** Write a chunk's file. */
export async function saveChunk(
  { tables, info, buffers, request }: SaveTask,
  { worker }: TaskContext,
): Promise<SaveReply> {
  const began = clock();
  const shared = received(buffers);
  const files = await import("@millrace/core/save-chunk");
  using rows = new files.ChunkRows(tables.map((form) => tableFrom(form, shared)), info);
  const saved = await files.saveChunk(rows, request, { pool: plain, idle: true });
  return { ran: [worker, began, clock()], saved };
}
