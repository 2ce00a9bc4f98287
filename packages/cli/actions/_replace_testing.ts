// For tests: replaces a result again and again, as another process does.
import { Chunk } from "@millrace/core/chunk";
import { schema } from "@millrace/core/schema";
import { FolderStore } from "@millrace/core/store";
import { Table } from "@millrace/core/table";

const [root = "", times = "1"] = Deno.args;
const TRACE = schema({ time: "time", endtime: "time", dt: "u32", wave: "u16[4]" });
const store = new FolderStore(root, { durable: false });
for (let k = 0; k < Number(times); k++) {
  const meta = { schema: TRACE, lineage: null, lineageHash: "4f1a" };
  await using writer = await store.writer({ runId: "run_7", dataType: "traces" }, meta, {
    wait: new AbortController().signal,
  });
  for (let i = 0; i < 1 + k % 3; i++) {
    const time = BigInt(10 * i);
    const rows = { time: [time], endtime: [time + 4n], dt: [1], wave: [[k, i, 9, 3]] };
    using chunk = new Chunk(Table.from(TRACE, rows), { start: time, end: time + 10n });
    await writer.write(chunk);
  }
  await writer.finish();
  await new Promise((resolve) => setTimeout(resolve, k % 7));
}
