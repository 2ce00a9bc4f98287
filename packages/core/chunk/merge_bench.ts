// 16 ordered tables of 62 500 hits merged into one order: against sorting objects, against sorting row numbers with a
// comparison function, and against int64 times.

import { HITS, seeded } from "./_benching.ts";
import { BufferPool } from "../data/buffer_pool.ts";
import type { Table } from "../data/table.ts";
import { concatTables } from "./concat_tables.ts";
import { mergeRows } from "./merge_rows.ts";
import { sortRows } from "./sort_rows.ts";

const TABLES = 16;
const ROWS = 62_500;
const tables = Array.from({ length: TABLES }, (_, k) => seeded<typeof HITS.types>(HITS, ROWS, 100 + k));
const sorted = tables.map((table) => sortRows(table));
const joined = concatTables(sorted);
const pool = new BufferPool({ maxIdle: 2 ** 30 });

let sum = 0;

function take(table: Table<typeof HITS.types>): void {
  sum += table.columns.time[table.length >> 1]!;
  table.release();
}

Deno.bench(
  "mergeRows(): 16 tables",
  { group: "merge", baseline: true },
  () => take(mergeRows(sorted, { pool })),
);

Deno.bench("sortRows(): the same rows one table after the other", { group: "merge" }, () => {
  take(sortRows(joined, { pool }));
});

Deno.bench("naive: sort row numbers by a function, filter each column", { group: "merge" }, () => {
  const { time, channel, endtime, height, area } = joined.columns;
  const order = Uint32Array.from(time, (_, i) => i)
    .sort((i, j) => time[i]! - time[j]! || channel[i]! - channel[j]! || endtime[i]! - endtime[j]!);
  for (const column of [time, channel, endtime, height, area]) {
    const out = new (column.constructor as Float64ArrayConstructor)(column.length);
    for (let i = 0; i < order.length; i++) out[i] = column[order[i]!]!;
    sum += out[out.length >> 1]!;
  }
});

Deno.bench("naive: least of 16 int64 times, order only", { group: "merge" }, () => {
  const times = sorted.map((table) => BigInt64Array.from(table.columns.time, BigInt));
  const at = new Uint32Array(TABLES);
  for (let n = 0; n < TABLES * ROWS; n++) {
    let best = -1, least = 2n ** 62n;
    for (let k = 0; k < TABLES; k++) {
      if (at[k]! === ROWS) continue;
      const time = times[k]![at[k]!]!;
      if (time < least) {
        least = time;
        best = k;
      }
    }
    at[best]!++;
    sum += best;
  }
});

const ordered = mergeRows(sorted);
const follow = Array.from({ length: TABLES }, (_, k) => ordered.slice(k * ROWS, (k + 1) * ROWS));

Deno.bench("mergeRows(): tables that follow each other", { group: "disjoint", baseline: true }, () => {
  take(mergeRows(follow, { pool }));
});

Deno.bench("concatTables(): the same", { group: "disjoint" }, () => take(concatTables(follow, { pool })));

globalThis.addEventListener("unload", () => console.log(`checksum ${sum}`));
