// One small plugin of every shape for the tests of this folder, each with what it should give, worked out over all rows at
// once with plain objects.

import { clusterStarts } from "../chunk/clusters.ts";
import type { Chunk } from "../chunk/chunk.ts";
import type { Table } from "../data/table.ts";
import { option } from "../options/option.ts";
import { definePlugin, defineStatic } from "../plugin/define.ts";
import type { ComputeContext, Plugin } from "../plugin/plugin.ts";

/** A row of the model: start, end, channel, value. */
export interface Row {
  t: number;
  e: number;
  c: number;
  v: number;
}

/** A kind of plugin. */
export interface Shape {
  readonly name: string;
  /** How many inputs it has. */
  readonly inputs: 1 | 2;
  /** Its rows are those of the first input. */
  readonly sameKind: boolean;
  readonly make: (name: string, types: readonly string[], kindOf: (type: string) => string) => Plugin;
  /** All rows that it should give, in order, from all rows of its inputs. */
  readonly oracle: (...inputs: Row[][]) => Row[];
}

/** Total order. */
export const byOrder = (a: Row, b: Row): number => a.t - b.t || a.c - b.c || a.e - b.e;

const small = (value: number): number => ((value % 997) + 997) % 997;
const sum = (rows: readonly Row[]): number => small(rows.reduce((total, { v }) => total + v, 0));
const touches = (row: Row, from: number, to: number): boolean =>
  row.t < to && (row.e > from || row.t >= from);

/** What a compute function of the model sees: times are offsets from the first chunk's `t0`. */
interface View {
  /** The plugin's own rows of its first input. */
  readonly own: Row[];
  /** All rows that it is handed of an input, those of the halo too. */
  readonly rows: (input: number) => Row[];
  readonly t0: bigint;
  readonly start: number;
  readonly end: number;
  readonly context: ComputeContext;
}

function read(chunk: Chunk, type: string, t0: bigint): Row[] {
  const { table } = chunk;
  const shift = Number(chunk.t0 - t0);
  const time = table.get("time", "time"), endtime = table.get("endtime", "time");
  const channel = table.get("channel", "i16"), value = table.get(`v_${type}`, "f64");
  return Array.from(time, (t, i) => ({ t: t + shift, e: endtime[i]! + shift, c: channel[i]!, v: value[i]! }));
}

function write(table: Table, rows: readonly Row[], type: string, hasKeys: boolean): Table {
  const columns = table.columns as Record<string, Float64Array>;
  rows.forEach(({ t, e, c, v }, i) => {
    columns[`v_${type}`]![i] = v;
    if (hasKeys) return; // by emit
    columns.time![i] = t;
    columns.endtime![i] = e;
    columns.channel![i] = c;
  });
  return table;
}

/** Columns of the type `name`. */
export const columnsOf = (name: string): Record<string, "time" | "i16" | "f64"> => ({
  time: "time",
  endtime: "time",
  channel: "i16",
  [`v_${name}`]: "f64",
});

type Given = Row[] | null | Record<string, Row[] | null>;

function build(
  name: string | readonly string[],
  types: readonly string[],
  more: Record<string, unknown>,
  compute: (view: View) => Given,
  flush?: (view: View) => Given,
): Plugin {
  const provides = typeof name === "string" ? [name] : name;
  const kinds = more.dataKind as string | Record<string, string> | undefined;
  const run = (of: (view: View) => Given, flushing: boolean) => (chunk: Chunk, context: ComputeContext) => {
    const { t0 } = chunk;
    const rows = (k: number) => read(context.inputs[types[k]!]!, types[k]!, t0);
    const own = rows(0).slice(context.own.from, context.own.to);
    const view = { own, rows, t0, start: Number(chunk.start - t0), end: Number(chunk.end - t0), context };
    const given = of(view);
    const table = (type: string, list: Row[] | null): Table | null => {
      const kind = typeof kinds === "string" ? kinds : kinds?.[type];
      const hasKeys = !flushing && Object.values(context.inputs).some(({ dataKind }) => dataKind === kind);
      return list && write(context.emitTo(type, list.length), list, type, hasKeys);
    };
    if (given === null) return null;
    if (Array.isArray(given)) return table(provides[0]!, given);
    return Object.fromEntries(Object.entries(given).map(([type, list]) => [type, table(type, list)]));
  };
  const spec = {
    ...more,
    provides: name,
    dependsOn: types,
    version: "1",
    schema: typeof name === "string"
      ? columnsOf(name)
      : Object.fromEntries(name.map((n) => [n, columnsOf(n)])),
    computeChunk: run(compute, false),
    ...(flush
      ? { flush: (context: ComputeContext) => run(flush, true)(context.inputs[types[0]!]!, context) }
      : {}),
  };
  return definePlugin(spec as unknown as Parameters<typeof definePlugin>[0]);
}

/** Lengths of clusters' rows from a list in time order. */
function clusters(rows: readonly Row[], gap: number, maxSpan?: number): Row[][] {
  const time = Float64Array.from(rows, ({ t }) => t), end = Float64Array.from(rows, ({ e }) => e);
  const starts = [...clusterStarts(time, end, maxSpan === undefined ? { gap } : { gap, maxSpan })];
  return starts.map((from, k) => rows.slice(from, starts[k + 1]));
}

/** The same, written as the definition says. */
function clustersByDefinition(rows: readonly Row[], gap: number, maxSpan = Infinity): Row[][] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    const cover = group ? Math.max(...group.map(({ e }) => e)) : -Infinity;
    const opens = !group ||
      (row.t > group.at(-1)!.t && (row.t - cover >= gap || row.t >= group[0]!.t + maxSpan));
    if (opens) groups.push([row]);
    else group.push(row);
  }
  return groups;
}

const asOne = (rows: readonly Row[]): Row => ({
  t: rows[0]!.t,
  e: Math.max(...rows.map(({ e }) => e)),
  c: rows.length,
  v: sum(rows),
});

const sorted = (rows: readonly Row[]): Row[] => [...rows].sort(byOrder);
const together = (a: readonly Row[], b: readonly Row[]): Row[] => [...a, ...b].sort(byOrder);

/** A stateful plugin's segments: rows between breaks. */
export function segments(rows: readonly Row[], threshold: number, breaking: readonly Row[] = rows): Row[][] {
  const breaks: number[] = [];
  let cover: number | undefined;
  for (const { t, e } of breaking) {
    if (cover !== undefined && t - cover > threshold) breaks.push(t);
    cover = Math.max(cover ?? -Infinity, e);
  }
  const edges = [-Infinity, ...breaks, Infinity];
  return edges.slice(1).map((to, k) => rows.filter(({ t }) => edges[k]! <= t && t < to));
}

/** Per channel: the first row opens a window of `width`, which all rows that start in it belong to. */
function windows(rows: readonly Row[], width: number): Row[] {
  const open = new Map<number, Row>(), done: Row[] = [];
  for (const { t, c, v } of rows) {
    const window = open.get(c);
    if (window && t < window.t + width) window.v = small(window.v + v);
    else {
      if (window) done.push(window);
      open.set(c, { t, e: t + width, c, v });
    }
  }
  return sorted([...done, ...open.values()]);
}

/** Breaks of the stateful shapes, ps. */
export const BREAK = 3;
const WIDTH = 4;

interface WindowState {
  open: { t: bigint; c: number; v: number }[];
}

function windowStep({ own, t0, end, context }: View, flush: boolean): Row[] {
  const state = context.state as WindowState;
  const done: Row[] = [];
  const close = (window: WindowState["open"][number]) => {
    const t = Number(window.t - t0);
    done.push({ t, e: t + WIDTH, c: window.c, v: window.v });
  };
  if (flush) {
    state.open.forEach(close);
    return done;
  }
  for (const { t, c, v } of own) {
    const window = state.open.find((w) => w.c === c);
    if (window && t < Number(window.t - t0) + WIDTH) {
      window.v = small(window.v + v);
      continue;
    }
    if (window) close(window);
    state.open = [...state.open.filter((w) => w !== window), { t: t0 + BigInt(t), c, v }];
  }
  const over = state.open.filter((w) => Number(w.t - t0) + WIDTH <= end);
  over.forEach(close);
  state.open = state.open.filter((w) => !over.includes(w));
  const first = state.open.reduce((least, w) => Math.min(least, Number(w.t - t0)), Infinity);
  if (first < Infinity) context.hold(first);
  return done;
}

const breaking = {
  options: {
    breakThresholdPs: option.time({ default: BREAK, help: "A longer stretch without rows is a break" }),
  },
};
const reset = { stateful: true, initialState: () => ({ open: [], n: 0 }) };

/** Every shape, by name. */
export const SHAPES: readonly Shape[] = [
  {
    name: "row by row",
    inputs: 1,
    sameKind: true,
    make: (name, [type], kindOf) =>
      build(
        name,
        [type!],
        { dataKind: kindOf(type!) },
        ({ own }) => own.map((r) => ({ ...r, v: small(r.v * 3 + r.e - r.t) })),
      ),
    oracle: (rows) => rows.map((r) => ({ ...r, v: small(r.v * 3 + r.e - r.t) })),
  },
  {
    name: "filter",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(name, types, { reach: { left: 0, right: 0 } }, ({ own }) => own.filter(({ v }) => v % 3 !== 0)),
    oracle: (rows) => rows.filter(({ v }) => v % 3 !== 0),
  },
  {
    name: "null for a dull stretch",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(
        name,
        types,
        {},
        ({ own }) => own.some(({ v }) => v % 2 === 0) ? own.filter(({ v }) => v % 2 === 0) : null,
      ),
    oracle: (rows) => rows.filter(({ v }) => v % 2 === 0),
  },
  {
    name: "channel by channel",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(
        name,
        types,
        { reach: { left: 0, right: 0 } },
        ({ own }) => [2, 1, 0].flatMap((c) => own.filter((r) => r.c % 3 === c)),
      ),
    oracle: (rows) => sorted([2, 1, 0].flatMap((c) => rows.filter((r) => r.c % 3 === c))),
  },
  {
    name: "reach right",
    inputs: 1,
    sameKind: false,
    make: (name, types) => build(name, types, { reach: { right: 9 } }, ({ own }) => own.flatMap(inside)),
    oracle: (rows) => sorted(rows.flatMap(inside)),
  },
  {
    name: "reach left",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(name, types, { reach: { left: 2, right: 1 } }, ({ own }) => own.flatMap(around)),
    oracle: (rows) => sorted(rows.flatMap(around)),
  },
  {
    name: "halo by touch",
    inputs: 1,
    sameKind: true,
    make: (name, [type], kindOf) =>
      build(
        name,
        [type!],
        { dataKind: kindOf(type!), halo: { left: 2, right: 2 } },
        ({ own, rows }) => near(own, rows(0), 2),
      ),
    oracle: (rows) => near(rows, rows, 2),
  },
  {
    name: "halo by start",
    inputs: 1,
    sameKind: true,
    make: (name, [type], kindOf) =>
      build(
        name,
        [type!],
        { dataKind: kindOf(type!), halo: { left: 3, right: 3, by: "start" } },
        ({ own, rows }) => nearStart(own, rows(0), 3),
      ),
    oracle: (rows) => nearStart(rows, rows, 3),
  },
  {
    name: "halo with a shift to the right",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(name, types, { halo: { left: 4, right: 1, by: "start" } }, ({ rows }) => shifted(rows(0), 2, 2)),
    oracle: (rows) => sorted(shifted(rows, 2, 2)),
  },
  {
    name: "halo with a shift to the left",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(name, types, { halo: { left: 0, right: 5, by: "start" } }, ({ rows }) => shifted(rows(0), -3, 1)),
    oracle: (rows) => sorted(shifted(rows, -3, 1)),
  },
  {
    name: "absolute bins",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(
        name,
        types,
        { halo: { left: 0, right: 5, by: "start" } },
        ({ rows, t0 }) => bins(rows(0), Number(t0 % 5n)),
      ),
    oracle: (rows) => bins(rows, 0),
  },
  {
    name: "loop by containment",
    inputs: 2,
    sameKind: true,
    make: (name, types, kindOf) =>
      build(
        name,
        types,
        { dataKind: kindOf(types[0]!), halo: { left: 0, right: 0 } },
        ({ own, rows }) => held(own, rows(1)),
      ),
    oracle: (base, other) => held(base, other),
  },
  {
    name: "loop by touch",
    inputs: 2,
    sameKind: true,
    make: (name, types, kindOf) =>
      build(
        name,
        types,
        { dataKind: kindOf(types[0]!), halo: { left: 2, right: 2 } },
        ({ own, rows }) => near(own, rows(1), 2),
      ),
    oracle: (base, other) => near(base, other, 2),
  },
  {
    name: "gap clusters",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(name, types, { boundary: { gap: 3 } }, ({ own }) => clusters(own, 3).map(asOne)),
    oracle: (rows) => clustersByDefinition(rows, 3).map(asOne),
  },
  {
    name: "clusters of limited span",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(name, types, { boundary: { gap: 3, maxSpan: 6 } }, ({ own }) => clusters(own, 3, 6).map(asOne)),
    oracle: (rows) => clustersByDefinition(rows, 3, 6).map(asOne),
  },
  {
    name: "sealed groups",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(name, types, { boundary: "sealed" }, ({ own }) => clusters(own, 0).map(asOne)),
    oracle: (rows) => clustersByDefinition(rows, 0).map(asOne),
  },
  {
    name: "clusters over the union",
    inputs: 2,
    sameKind: false,
    make: (name, types) =>
      build(
        name,
        types,
        { boundary: { union: { gap: 4 } } },
        ({ own, rows }) => clusters(together(own, rows(1)), 4).map(asOne),
      ),
    oracle: (a, b) => clustersByDefinition(together(a, b), 4).map(asOne),
  },
  {
    name: "boundaries by input",
    inputs: 2,
    sameKind: false,
    make: (name, types) =>
      build(
        name,
        types,
        { boundary: { inputs: { [types[0]!]: { gap: 2 }, [types[1]!]: "sealed" } } },
        ({ own, rows }) => [...clusters(own, 2), ...clusters(rows(1), 0)].map(asOne),
      ),
    oracle: (a, b) => sorted([...clustersByDefinition(a, 2), ...clustersByDefinition(b, 0)].map(asOne)),
  },
  {
    name: "counter with reset",
    inputs: 1,
    sameKind: true,
    make: (name, [type], kindOf) =>
      build(name, [type!], { ...reset, ...breaking, dataKind: kindOf(type!) }, ({ own, context }) => {
        const state = context.state as { n: number };
        return own.map((r) => ({ ...r, v: state.n++ }));
      }),
    oracle: (rows) => segments(rows, BREAK).flatMap((part) => part.map((r, n) => ({ ...r, v: n }))),
  },
  {
    name: "counter without reset",
    inputs: 1,
    sameKind: true,
    make: (name, [type], kindOf) =>
      build(
        name,
        [type!],
        { ...reset, stateful: { resetOnBreak: false }, dataKind: kindOf(type!) },
        ({ own, context }) => {
          const state = context.state as { n: number };
          return own.map((r) => ({ ...r, v: state.n++ }));
        },
      ),
    oracle: (rows) => rows.map((r, n) => ({ ...r, v: n })),
  },
  {
    name: "counter with breaks of another input",
    inputs: 2,
    sameKind: true,
    make: (name, types, kindOf) =>
      build(
        name,
        types,
        { ...reset, ...breaking, stateful: { breakInput: types[1]! }, dataKind: kindOf(types[0]!) },
        ({ own, context }) => {
          const state = context.state as { n: number };
          return own.map((r) => ({ ...r, v: state.n++ }));
        },
      ),
    oracle: (a, b) => segments(a, BREAK, b).flatMap((part) => part.map((r, n) => ({ ...r, v: n }))),
  },
  {
    name: "counter with breaks of the union",
    inputs: 2,
    sameKind: true,
    make: (name, types, kindOf) =>
      build(name, types, { ...reset, ...breaking, dataKind: kindOf(types[0]!) }, ({ own, context }) => {
        const state = context.state as { n: number };
        return own.map((r) => ({ ...r, v: state.n++ }));
      }),
    oracle: (a, b) =>
      segments(a, BREAK, together(a, b)).flatMap((part) => part.map((r, n) => ({ ...r, v: n }))),
  },
  {
    name: "windows by channel",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(
        name,
        types,
        { ...reset, ...breaking },
        (view) => windowStep(view, false),
        (view) => windowStep(view, true),
      ),
    oracle: (rows) => sorted(segments(rows, BREAK).flatMap((part) => windows(part, WIDTH))),
  },
  {
    name: "events of fixed width",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      build(name, types, { carryOver: true }, ({ own, end, context }) => events(own, end, context)),
    oracle: (rows) => events(rows, Infinity, undefined),
  },
  {
    name: "whole run",
    inputs: 1,
    sameKind: false,
    make: (name, [type]) => {
      const schema = columnsOf(name);
      return defineStatic({
        provides: name,
        dependsOn: [type!],
        version: "1",
        schema,
        compute(chunk, context) {
          const rows = read(chunk, type!, chunk.t0);
          const out = middle(rows);
          return write(context.emit(out.length), out, name, false) as Table<typeof schema>;
        },
      });
    },
    oracle: (rows) => middle(rows),
  },
];

function inside({ t, e, c, v }: Row): Row[] {
  return Array.from(
    { length: Math.min(9, e - t) },
    (_, k) => ({ t: t + k, e: t + k + (v & 1), c, v: small(v + k) }),
  )
    .filter((row) => row.v % 2 === 0);
}

function around({ t, e, c, v }: Row): Row[] {
  return [{ t: t - 2, e: t, c, v }, { t: t + 1, e: Math.max(e, t + 1), c, v: small(v + 1) }];
}

function near(own: readonly Row[], others: readonly Row[], margin: number): Row[] {
  return own.map((row) => ({
    ...row,
    v: sum(others.filter((other) => touches(other, row.t - margin, row.e + margin))),
  }));
}

function nearStart(own: readonly Row[], others: readonly Row[], distance: number): Row[] {
  return own.map((row) => ({
    ...row,
    v: sum(others.filter(({ t }) => row.t - distance <= t && t < row.t + distance)),
  }));
}

function shifted(rows: readonly Row[], shift: number, distance: number): Row[] {
  return rows.map(({ t, c, v }) => ({
    t: t + shift,
    e: t + shift + 1,
    c,
    v: small(v + sum(rows.filter((row) => Math.abs(row.t - t) <= distance))),
  }));
}

function bins(rows: readonly Row[], phase: number): Row[] {
  const byBin = new Map<number, Row[]>();
  for (const row of rows) {
    const bin = Math.floor((row.t + phase) / 5) * 5 - phase;
    byBin.set(bin, [...byBin.get(bin) ?? [], row]);
  }
  return [...byBin].map(([t, list]) => ({ t, e: t + 5, c: 0, v: sum(list) }));
}

function held(own: readonly Row[], others: readonly Row[]): Row[] {
  return own.map((row) => ({ ...row, v: sum(others.filter(({ t }) => row.t <= t && t < row.e)) }));
}

/** The first row opens an event of width 5; events are given when they are complete. */
function events(rows: readonly Row[], end: number, context: ComputeContext | undefined): Row[] {
  const made: Row[] = [];
  for (let k = 0; k < rows.length;) {
    const { t } = rows[k]!;
    if (t + 5 > end && context && !context.last) {
      context.consumedUntil(t);
      break;
    }
    const members = rows.filter((row) => t <= row.t && row.t < t + 5);
    made.push({ t, e: t + 5, c: members.length, v: sum(members) });
    k = rows.findIndex((row) => row.t >= t + 5);
    if (k < 0) break;
  }
  return made;
}

/** Rows with more than the mean value: known only with all of them. */
function middle(rows: readonly Row[]): Row[] {
  const mean = rows.reduce((total, { v }) => total + v, 0) / rows.length;
  return rows.filter(({ v }) => v >= mean);
}

/** Three outputs with reaches of their own. */
export function manyOutputs(names: readonly [string, string, string], type: string, kind: string): Plugin {
  const [late, early, same] = names;
  return build(names, [type], {
    dataKind: { [same]: kind },
    reach: { [late]: { right: 9 }, [early]: { left: 3, right: 0 } },
  }, ({ own }) => ({
    [late]: own.flatMap(inside),
    [early]: own.some(({ v }) => v % 2)
      ? own.filter(({ v }) => v % 2).map((r) => ({ ...r, t: r.t - 3 }))
      : null,
    [same]: own.map((r) => ({ ...r, v: small(r.v + 5) })),
  }));
}

/** What {@linkcode manyOutputs} should give. */
export function manyOutputsOracle(rows: readonly Row[]): [Row[], Row[], Row[]] {
  return [
    sorted(rows.flatMap(inside)),
    sorted(rows.filter(({ v }) => v % 2).map((r) => ({ ...r, t: r.t - 3 }))),
    rows.map((r) => ({ ...r, v: small(r.v + 5) })),
  ];
}

export { build as buildPlugin };
