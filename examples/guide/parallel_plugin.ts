/**
 * Settings of a plugin for parallel work. They take effect with an executor that can work in parallel; results are the same with
 * and without one, and the settings are not part of the lineage.
 *
 * ```sh
 * deno run --allow-read examples/guide/parallel_plugin.ts ./DAQ/my_run
 * ```
 * @module
 */
import {
  type Chunk,
  type ClassContext,
  Context,
  type ExecutorType,
  type Schema,
  schema,
  StreamingPlugin,
  type Table,
} from "@millrace/core";
import { signalPlugins } from "@millrace/plugins-signal";

/** Highest sample of each record, ADC counts. */
export class MyParallelPlugin extends StreamingPlugin {
  static override readonly module: string = import.meta.url;
  override readonly provides: string = "highest";
  override readonly dependsOn: readonly string[] = ["records"];
  override readonly schema: Schema = schema({ time: "time", sample: "u16" }) as Schema;
  override dataKind = "records"; // one row for each record
  override version = "1.0.0";

  override parallel = true; // several chunks at once
  override executorType: ExecutorType = "process"; // "thread" where the module is trusted
  override maxWorkers = 4;
  override chunkSize = 500; // rows

  override computeChunk(chunk: Chunk, { emit }: ClassContext): Table | null {
    const { values, offsets } = chunk.table.get("wave", "u16[]");
    const out = emit(chunk.length);
    const sample = out.get("sample", "u16");
    for (let i = 0; i < chunk.length; i++) {
      let high = 0;
      for (let k = offsets[i]!; k < offsets[i + 1]!; k++) if (values[k]! > high) high = values[k]!;
      sample[i] = high;
    }
    return out;
  }
}

if (import.meta.main) {
  const [input = "./DAQ/my_run"] = Deno.args;
  await using ctx = new Context({ config: { "raw_files.input": input } });
  ctx.register(signalPlugins, MyParallelPlugin);
  for await (const chunk of ctx.getStream("my_run", "highest")) {
    const high = chunk.table.get("sample", "u16").reduce((a, b) => Math.max(a, b), 0);
    console.log(`${chunk.start} - ${chunk.end}: ${chunk.length} records up to ${high} ADC counts`);
  }
}
