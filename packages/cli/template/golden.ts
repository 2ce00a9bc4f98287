// Writes the sample of the plugin's work that is published with it: deno run --allow-write golden.ts
import { Context, schema, Table, tableSource } from "@millrace/core";
import { encodeChunk } from "@millrace/core/arrow";
import { longHits } from "./mod.ts";

/** A few hits: one that is long enough, one that is not, one that just is, and one that is very long. */
export function sample(): Table {
  return Table.from(schema({ time: "time", endtime: "time" }), {
    time: [0n, 100_000n, 150_000n, 200_000n],
    endtime: [30_000n, 101_000n, 170_000n, 290_000n],
  }) as unknown as Table;
}

if (import.meta.main) {
  await using ctx = new Context();
  ctx.register(tableSource("hit_threshold", sample()), longHits);
  for (const [type, file] of [["hit_threshold", "in.arrow"], ["long_hits", "out.arrow"]] as const) {
    for await (const chunk of ctx.getStream("sample", type)) {
      await Deno.writeFile(file, await new Blob(await encodeChunk(chunk) as BlobPart[]).bytes());
    }
  }
}
