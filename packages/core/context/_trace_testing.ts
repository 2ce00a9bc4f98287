// The rules of the Trace Event Format, for the kinds of events that are written here.
import assert from "node:assert/strict";

/** An event of a trace. */
export interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly s?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Fractions of a microsecond that rounding may take. */
const NEAR = 0.0015;

/** Check events one by one, and that the slices of each thread lie within each other or apart. */
export function checkTrace(events: readonly TraceEvent[]): void {
  const slices = new Map<string, { from: number; to: number }[]>();
  for (const event of events) {
    const { ph, name, pid, tid, ts, dur, args } = event;
    const text = JSON.stringify(event);
    assert.ok(["M", "X", "C", "i"].includes(ph), text);
    assert.equal(typeof name, "string", text);
    assert.ok(Number.isInteger(pid) && Number.isInteger(tid), text);
    if (ph === "M") {
      assert.ok(["process_name", "thread_name", "thread_sort_index"].includes(name), text);
      assert.deepEqual(Object.keys(args!), [name === "thread_sort_index" ? "sort_index" : "name"]);
      continue;
    }
    assert.ok(Number.isFinite(ts), text);
    if (ph === "C") assert.ok(Object.values(args!).every((value) => Number.isFinite(value)), text);
    if (ph === "i") assert.ok(["g", "p", "t"].includes(event.s!), text);
    if (ph !== "X") continue;
    assert.ok(Number.isFinite(dur) && dur! >= 0, text);
    const key = `${pid}/${tid}`;
    const list = slices.get(key);
    if (list) list.push({ from: ts!, to: ts! + dur! });
    else slices.set(key, [{ from: ts!, to: ts! + dur! }]);
  }
  for (const list of slices.values()) checkNesting(list);
}

function checkNesting(slices: { from: number; to: number }[]): void {
  slices.sort((a, b) => a.from - b.from || b.to - a.to);
  const open: { from: number; to: number }[] = [];
  for (const slice of slices) {
    while (open.length > 0 && open.at(-1)!.to <= slice.from + NEAR) open.pop();
    assert.ok(open.length === 0 || slice.to <= open.at(-1)!.to + NEAR, "slices of a thread cross");
    open.push(slice);
  }
}
