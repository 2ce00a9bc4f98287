// Whether inputs stay as they are.

import { createHash } from "node:crypto";
import type { Ragged, TypedArray } from "../data/schema.ts";
import type { Table } from "../data/table.ts";

/** A hash of every column, by the name of its data type and its own. */
export function hashInputs(tables: Readonly<Record<string, Table>>): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const [name, table] of Object.entries(tables)) {
    for (const column of table.schema.columns) {
      const data = table.columns[column.name] as TypedArray | Ragged;
      const hash = createHash("sha256");
      for (
        const { buffer, byteOffset, byteLength } of "offsets" in data ? [data.offsets, data.values] : [data]
      ) {
        hash.update(new Uint8Array(buffer, byteOffset, byteLength));
      }
      hashes.set(`column "${column.name}" of "${name}"`, hash.digest("hex"));
    }
  }
  return hashes;
}
