/**
 * HDF5 files with tables of traces, such as LEGEND's LH5, as a format of `raw_files`.
 *
 * A table is a group with `waveform/values` `[rows, samples]`, or with such a data set named `waveform`, `waveforms`, `wave`, `traces`
 * or `samples`. Tables are searched in all groups; their rows are merged in time order.
 *
 * | column | what |
 * |---|---|
 * | `timestamp` or `time` | start of the row; `waveform/t0` is added to it. The attribute `units` is s, ms, us, ns or ps; whole numbers without one are ps |
 * | `waveform/dt` or `dt` | sampling interval, with `units`; the option `dt` goes before it |
 * | `channel`, `board` | where it was taken; else the number in a group's name such as `ch3`, else that of the table |
 * | `energy` or `daqenergy` | energy, where it is of 16 unsigned bits |
 *
 * Times since 1970 are counted from the first whole second of the run, which a notice says: 64 bits of ps are 107 days. Tables without
 * times start at the option `t0`, their traces follow each other. Rows may lie in any order: all times are read at first (24 bytes a
 * row), samples block by block; what is out of order waits in memory, within the run's budget.
 *
 * The library (h5wasm) is loaded with the first such file. It reads through the file system, so that files may be larger than
 * memory (tested with 4.8 GB), asks for the environment (`--allow-env`), and unpacks what the HDF5 library itself can (deflate,
 * shuffle, n-bit, scale-offset), not plug-ins such as Blosc.
 * @module
 */
import type { Format, FormatOptions, FormatPiece } from "../format.ts";
import { readTraces, refuse } from "../merge/read_traces.ts";
import { openH5 } from "./_h5.ts";
import { TableReader } from "./_reader.ts";
import { tablesOf, type TraceTable } from "./_table.ts";
import { epochOf, type Quantity, quantityOf, type RowTimes, rowTimes, TIME_BYTES } from "./_times.ts";

const MAGIC = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]; // \x89HDF\r\n\x1a\n

/** HDF5 files. */
export const hdf5: Format = {
  name: "HDF5",
  suffixes: [".lh5", ".h5", ".hdf5"],
  detect: (head) => MAGIC.every((byte, i) => head[i] === byte),
  read: readHdf5,
  companions: () => [],
};

/** Seconds that times have room for: 2^63 ps. */
const LONGEST_RUN = 9.2e6;

interface Found {
  readonly path: string;
  readonly table: TraceTable;
  readonly time: Quantity | undefined;
  readonly close: () => void;
}

async function* readHdf5(paths: readonly string[], options: FormatOptions): AsyncGenerator<FormatPiece> {
  refuse(paths[0]!, "HDF5", options, ["channelBy", "recordLength"]);
  const tables: Found[] = [];
  let charged = 0;
  try {
    for (const path of paths) tables.push(...await open(path));
    const timed = tables.filter(({ time }) => time !== undefined);
    if (timed.length > 0) refuse(paths[0]!, "HDF5", options, ["t0"]);
    if (timed.length > 0 && timed.length < tables.length) {
      const { path, table } = tables.find(({ time }) => time === undefined)!;
      throw new TypeError(
        `Cannot read "${path}": ${table.name} has no times, and other tables have; give them apart`,
      );
    }
    const epoch = commonEpoch(timed);
    if (epoch > 0) options.notice?.(`Times count from ${dateOf(epoch)}, which is ${epoch} s since 1970`);
    charged = tables.reduce((sum, { table }) => sum + TIME_BYTES * table.rows, 0);
    options.account?.charge(charged);
    const readBytes = Math.ceil(options.readBytes / tables.length);
    const readers = tables.map(({ path, table, time, close }, i) => {
      const times = time
        ? rowTimes(time, table.offset && quantityOf(path, table.offset), epoch)
        : behindEachOther(path, table, options);
      return new TableReader({ path, table, times, channel: table.number ?? i, readBytes, close }, options);
    });
    yield* readTraces(readers, options);
  } finally {
    options.account?.refund(charged);
    for (const { close } of tables) close();
  }
}

const dateOf = (epoch: number): string => new Date(1000 * epoch).toISOString().replace(".000", "");

/** The second since 1970 that the times of all tables count from; 0: the start of the run. @throws {RangeError} When they differ. */
function commonEpoch(timed: readonly Found[]): number {
  const origins = timed.filter(({ table }) => table.rows > 0)
    .map(({ path, table, time }) => ({ name: `${path}:${table.name}`, epoch: epochOf(time!) }));
  const [first = { name: "", epoch: 0 }] = origins;
  const earliest = origins.reduce((a, b) => b.epoch < a.epoch ? b : a, first);
  const latest = origins.reduce((a, b) => b.epoch > a.epoch ? b : a, first);
  if (latest.epoch - earliest.epoch <= LONGEST_RUN) return earliest.epoch;
  const why = earliest.epoch > 0
    ? `their times lie too far apart: those of "${latest.name}" begin at ${dateOf(latest.epoch)}, those of ` +
      `"${earliest.name}" at ${dateOf(earliest.epoch)}, and a run lasts 106 days at most`
    : `their times have different origins: those of "${latest.name}" count from 1970 and begin at ` +
      `${dateOf(latest.epoch)}, those of "${earliest.name}" count from the start of the run`;
  throw new RangeError(
    `Cannot read "${latest.name}" and "${earliest.name}" as one run: ${why}; read them as runs of their own ` +
      "(--run-id), or give all times one origin",
  );
}

async function open(path: string): Promise<Found[]> {
  const file = await openH5(path);
  let isOpen = true;
  const close = () => {
    if (isOpen) file.close();
    isOpen = false;
  };
  try {
    const tables = tablesOf(path, file);
    const left = new Set(tables); // the last table closes the file
    return tables.map((table) => ({
      path,
      table,
      time: table.time && quantityOf(path, table.time),
      close: () => {
        left.delete(table);
        if (left.size === 0) close();
      },
    }));
  } catch (error) {
    close();
    throw error;
  }
}

function behindEachOther(
  path: string,
  { rows, width, name }: TraceTable,
  { dt, t0 }: FormatOptions,
): RowTimes {
  if (dt === undefined) {
    throw new TypeError(
      `Cannot read "${path}": ${name} has neither times nor, with raw_files.dt, a sampling interval; set it, such as --set raw_files.dt=2ns`,
    );
  }
  const values = BigInt64Array.from(
    { length: rows },
    (_, i) => BigInt(t0 ?? 0) + BigInt(i) * BigInt(width * dt),
  );
  return rowTimes({ values, scale: 1 }, undefined, 0);
}
