/**
 * The smallest streaming plugin, as a class and as an object: it is given one chunk after the other and makes rows of its own.
 *
 * Start and end of the output chunk, run and data type are the engine's business: the plugin returns rows, or `null` for none.
 *
 * ```sh
 * deno run examples/guide/my_streaming_plugin.ts
 * ```
 * @module
 */
import {
  type Chunk,
  type ClassContext,
  Context,
  definePlugin,
  type Plugin,
  type Schema,
  schema,
  StreamingPlugin,
  Table,
  tableSource,
} from "@millrace/core";

/** Rows of `input_stream` with twice the height. */
export class MyStreamingPlugin extends StreamingPlugin {
  static override readonly module: string = import.meta.url;
  override readonly provides: string = "my_stream";
  override readonly dependsOn: readonly string[] = ["input_stream"];
  override readonly schema: Schema = schema({ time: "time", height: "f32" }) as Schema;
  override version = "1.0.0";

  override computeChunk(chunk: Chunk, { emit }: ClassContext): Table | null {
    const time = chunk.table.get("time", "time"), height = chunk.table.get("height", "f32");
    const out = emit(chunk.length);
    const outTime = out.get("time", "time"), outHeight = out.get("height", "f32");
    for (let i = 0; i < chunk.length; i++) {
      outTime[i] = time[i]!;
      outHeight[i] = 2 * height[i]!;
    }
    return out;
  }
}

/** The same as an object: `needs` and `schema` type the columns. */
export const myStream: Plugin = definePlugin({
  module: import.meta.url,
  export: "myStream",
  provides: "my_stream",
  dependsOn: ["input_stream"],
  needs: { input_stream: { time: "time", height: "f32" } },
  version: "1.0.0",
  schema: { time: "time", height: "f32" },
  reach: { left: 0, right: 0 }, // an output starts where its input row does
  computeChunk(chunk, { emit }) {
    const { time, height } = chunk.columns;
    const out = emit(chunk.length);
    out.columns.time.set(time);
    for (let i = 0; i < chunk.length; i++) out.columns.height[i] = 2 * height[i]!;
    return out;
  },
});

/** Four rows in memory, in place of a detector. */
export const input: Plugin = tableSource(
  "input_stream",
  Table.from(schema({ time: "time", height: "f32" }), { time: [5n, 10n, 20n, 40n], height: [1, 2, 3, 4] }),
);

if (import.meta.main) {
  await using ctx = new Context();
  ctx.register(input, MyStreamingPlugin); // or myStream
  for await (const chunk of ctx.getStream("my_run", "my_stream", { chunkSize: 2 })) {
    console.log(`${chunk.start} - ${chunk.end} ps: ${chunk.table.get("height", "f32").join(", ")}`);
  }
}
