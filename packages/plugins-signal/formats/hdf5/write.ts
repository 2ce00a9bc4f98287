/**
 * Traces as an LH5 file, the HDF5 layout of LEGEND.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { writeLh5 } from "@millrace/plugins-signal/formats/hdf5/write";
 *
 * const file = await Deno.makeTempFile({ suffix: ".lh5" });
 * await writeLh5(file, {
 *   ch1: { timestamp: [0.5], channel: [1], dt: [16], width: 3, values: new Uint16Array([1, 2, 3]) },
 * });
 * assert((await Deno.stat(file)).size > 0);
 * await Deno.remove(file);
 * ```
 * @module
 */
import { resolve } from "node:path";
import { library } from "./_h5.ts";

/** A table to write. */
export interface Lh5Table {
  /** Start of each row, s. */
  readonly timestamp: ArrayLike<number>;
  /** Channel of each row. */
  readonly channel: ArrayLike<number>;
  /** Sampling interval of each row, ns. */
  readonly dt: ArrayLike<number>;
  /** Start of the trace after the time of the row, ns; default 0. */
  readonly t0?: ArrayLike<number>;
  /** Samples a row. */
  readonly width: number;
  /** `[rows, width]` samples. */
  readonly values: Uint16Array;
  /** Whether samples are deflated, some rows together; default not. */
  readonly packed?: boolean;
}

/** Write (or replace) a file with tables `NAME/raw`. @throws {RangeError} On columns of different lengths. */
export async function writeLh5(path: string, tables: Readonly<Record<string, Lh5Table>>): Promise<void> {
  const h5 = await library();
  const file = new h5.File(resolve(path), "w");
  try {
    for (const [name, table] of Object.entries(tables)) {
      const rows = table.timestamp.length, { width, values } = table;
      const t0 = table.t0 ?? new Float64Array(rows);
      if (
        [table.channel, table.dt, t0].some(({ length }) => length !== rows) || values.length !== rows * width
      ) {
        throw new RangeError(`Cannot write the table "${name}": its columns are not of ${rows} rows`);
      }
      const raw = file.create_group(name).create_group("raw");
      const column = (group: typeof raw, name: string, data: ArrayLike<number>, units?: string): void => {
        const set = group.create_dataset({ name, data: Float64Array.from(data), shape: [rows], dtype: "<d" });
        if (units !== undefined) set.create_attribute("units", units);
      };
      column(raw, "timestamp", table.timestamp, "s");
      raw.create_dataset({
        name: "channel",
        data: Uint32Array.from(table.channel),
        shape: [rows],
        dtype: "<I",
      });
      const waveform = raw.create_group("waveform");
      column(waveform, "t0", t0, "ns");
      column(waveform, "dt", table.dt, "ns");
      waveform.create_dataset({
        name: "values",
        data: values,
        shape: [rows, width],
        dtype: "<H",
        ...(table.packed
          ? { chunks: [Math.min(rows, 16), width], compression: "gzip", compression_opts: 4 }
          : {}),
      });
    }
  } finally {
    file.close();
  }
}
