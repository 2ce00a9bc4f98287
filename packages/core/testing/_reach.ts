// Whether outputs start as close behind their input rows as a plugin says.

import { timesOf } from "../chunk/chunk.ts";
import { Table } from "../data/table.ts";
import type { Outputs, Plugin, Reach } from "../plugin/plugin.ts";

/**
 * The plugin, with every output row checked against the last row of the stretch that it was made from: exact where each
 * stretch holds the rows of one time. The engine checks the reach to the left itself; it needs the one to the right only
 * to read time ranges in part, and would not notice.
 */
export function withReachChecked(plugin: Plugin): Plugin {
  if (plugin.kind !== "streaming" || plugin.stateful || plugin.carryOver) return plugin;
  const compute = plugin.computeChunk!;
  return {
    ...plugin,
    computeChunk(chunk, context) {
      const { reach } = plugin.geometry(context.options);
      const made = compute(chunk, context);
      if (!reach) return made;
      const check = (outputs: Outputs): Outputs => {
        const lasts = plugin.dependsOn.flatMap((type) => {
          const table = context.inputs[type]?.table; // none where the options choose another input
          return table && table.length > 0 ? [table.t0 + BigInt(timesOf(table)[table.length - 1]!)] : [];
        });
        const last = lasts.reduce<bigint | undefined>(
          (a, b) => (a === undefined || b > a ? b : a),
          undefined,
        );
        for (const type of plugin.provides) {
          const table = outputs instanceof Table ? outputs : outputs?.[type];
          const right = (reach as Readonly<Record<string, Reach>>)[type]?.right;
          if (table instanceof Table && right !== undefined && last !== undefined) {
            checkRight(type, table, last, right);
          }
        }
        return outputs;
      };
      return made instanceof Promise ? made.then(check) : check(made);
    },
  };
}

function checkRight(type: string, table: Table, last: bigint, right: number): void {
  const times = timesOf(table), limit = Number(last - table.t0) + right;
  for (let i = 0; i < times.length; i++) {
    if (times[i]! <= limit) continue;
    throw new RangeError(
      `A row of "${type}" starts at ${
        table.t0 + BigInt(times[i]!)
      } ps, more than reach.right (${right} ps) behind the ` +
        `last row that it was made from, at ${last} ps`,
    );
  }
}
