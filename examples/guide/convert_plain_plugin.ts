/**
 * From a plugin that sees the whole run to one that sees chunks.
 *
 * Where each output row follows from one input row, `compute` becomes `computeChunk` and its body stays as it is.
 *
 * ```sh
 * deno run examples/guide/convert_plain_plugin.ts
 * ```
 * @module
 */
import {
  type Columns,
  type ColumnTypes,
  Context,
  definePlugin,
  defineStatic,
  type Emit,
  type Plugin,
  schema,
  Table,
  tableSource,
} from "@millrace/core";

const needs = { input_data: { time: "time", height: "f32" } } as const satisfies Record<string, ColumnTypes>;
const made = schema({ time: "time", height: "f32" });

/** Rows higher than 4. */
function process(
  { time, height }: Columns<typeof needs.input_data>,
  emit: Emit<typeof made.types>,
): Table<typeof made.types> {
  const out = emit(time.length);
  let n = 0;
  for (let i = 0; i < time.length; i++) {
    if (!(height[i]! > 4)) continue;
    out.columns.time[n] = time[i]!;
    out.columns.height[n++] = height[i]!;
  }
  return out.resize(n);
}

/** Before: the whole run in memory, in one call. */
export const plain: Plugin = defineStatic({
  provides: "plain",
  dependsOn: ["input_data"],
  needs,
  version: "1.0.0",
  schema: made,
  compute: (chunk, { emit }) => process(chunk.columns, emit),
});

/** After: any number of chunks, in any number of calls. */
export const converted: Plugin = definePlugin({
  module: import.meta.url,
  export: "converted",
  provides: "converted",
  dependsOn: ["input_data"],
  needs,
  version: "1.0.0",
  schema: made,
  reach: { left: 0, right: 0 },
  computeChunk: (chunk, { emit }) => process(chunk.columns, emit),
});

/** Rows in memory, in place of a detector. */
export const input: Plugin = tableSource(
  "input_data",
  Table.from(schema({ time: "time", height: "f32" }), {
    time: [0n, 10n, 25n, 40n, 90n],
    height: [3, 8, 5, 4, 9],
  }),
);

if (import.meta.main) {
  await using ctx = new Context().register(input, plain, converted);
  for (const name of ["plain", "converted"]) {
    const table = await ctx.getData("my_run", name, { chunkSize: 2 });
    console.log(`${name}: ${table.times().join(", ")} ps`);
  }
}
