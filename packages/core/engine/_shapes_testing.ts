// One small plugin of every shape for the tests of this folder, each with what it should give, worked out over all rows at
// once with plain objects.

import type { Table } from "../data/table.ts";
import { option } from "../options/option.ts";
import { defineStatic } from "../plugin/define.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { buildPlugin, columnsOf, readRows, type Row, small, type View, writeRows } from "./_model_testing.ts";
import {
  around,
  asOne,
  bins,
  clusters,
  clustersByDefinition,
  events,
  held,
  inside,
  middle,
  near,
  nearStart,
  segments,
  shifted,
  sorted,
  together,
  windows,
} from "./_model_work_testing.ts";

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
      buildPlugin(
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
      buildPlugin(
        name,
        types,
        { reach: { left: 0, right: 0 } },
        ({ own }) => own.filter(({ v }) => v % 3 !== 0),
      ),
    oracle: (rows) => rows.filter(({ v }) => v % 3 !== 0),
  },
  {
    name: "null for a dull stretch",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      buildPlugin(
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
      buildPlugin(
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
    make: (name, types) =>
      buildPlugin(name, types, { reach: { right: 9 } }, ({ own }) => own.flatMap(inside)),
    oracle: (rows) => sorted(rows.flatMap(inside)),
  },
  {
    name: "reach left",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      buildPlugin(name, types, { reach: { left: 2, right: 1 } }, ({ own }) => own.flatMap(around)),
    oracle: (rows) => sorted(rows.flatMap(around)),
  },
  {
    name: "halo by touch",
    inputs: 1,
    sameKind: true,
    make: (name, [type], kindOf) =>
      buildPlugin(
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
      buildPlugin(
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
      buildPlugin(
        name,
        types,
        { halo: { left: 4, right: 1, by: "start" } },
        ({ rows }) => shifted(rows(0), 2, 2),
      ),
    oracle: (rows) => sorted(shifted(rows, 2, 2)),
  },
  {
    name: "halo with a shift to the left",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      buildPlugin(
        name,
        types,
        { halo: { left: 0, right: 5, by: "start" } },
        ({ rows }) => shifted(rows(0), -3, 1),
      ),
    oracle: (rows) => sorted(shifted(rows, -3, 1)),
  },
  {
    name: "absolute bins",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      buildPlugin(
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
      buildPlugin(
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
      buildPlugin(
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
      buildPlugin(name, types, { boundary: { gap: 3 } }, ({ own }) => clusters(own, 3).map(asOne)),
    oracle: (rows) => clustersByDefinition(rows, 3).map(asOne),
  },
  {
    name: "clusters of limited span",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      buildPlugin(
        name,
        types,
        { boundary: { gap: 3, maxSpan: 6 } },
        ({ own }) => clusters(own, 3, 6).map(asOne),
      ),
    oracle: (rows) => clustersByDefinition(rows, 3, 6).map(asOne),
  },
  {
    name: "sealed groups",
    inputs: 1,
    sameKind: false,
    make: (name, types) =>
      buildPlugin(name, types, { boundary: "sealed" }, ({ own }) => clusters(own, 0).map(asOne)),
    oracle: (rows) => clustersByDefinition(rows, 0).map(asOne),
  },
  {
    name: "clusters over the union",
    inputs: 2,
    sameKind: false,
    make: (name, types) =>
      buildPlugin(
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
      buildPlugin(
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
      buildPlugin(name, [type!], { ...reset, ...breaking, dataKind: kindOf(type!) }, ({ own, context }) => {
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
      buildPlugin(
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
      buildPlugin(
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
      buildPlugin(name, types, { ...reset, ...breaking, dataKind: kindOf(types[0]!) }, ({ own, context }) => {
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
      buildPlugin(
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
      buildPlugin(name, types, { carryOver: true }, ({ own, end, context }) => events(own, end, context)),
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
          const rows = readRows(chunk, type!, chunk.t0);
          const out = middle(rows);
          return writeRows(context.emit(out.length), out, name, false) as Table<typeof schema>;
        },
      });
    },
    oracle: (rows) => middle(rows),
  },
];

/** Three outputs with reaches of their own. */
export function manyOutputs(names: readonly [string, string, string], type: string, kind: string): Plugin {
  const [late, early, same] = names;
  return buildPlugin(names, [type], {
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
