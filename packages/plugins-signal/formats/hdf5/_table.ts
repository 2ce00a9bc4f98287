// The tables of traces in an HDF5 file, as LH5 has them or plainer ones.
import { type Dataset, type File, type Group, isDataset, isGroup } from "./_h5.ts";

/** Names of data sets `[rows, samples]` that are traces, and of groups that hold such a set as `values`. */
const TRACES = ["waveform", "waveforms", "wave", "traces", "samples"];

/** A table: its traces and the columns beside them. */
export interface TraceTable {
  /** Where it lies in the file. */
  readonly name: string;
  readonly values: Dataset;
  readonly rows: number;
  readonly width: number;
  readonly time: Dataset | undefined;
  /** To be added to the time: LH5's `waveform/t0`. */
  readonly offset: Dataset | undefined;
  readonly dt: Dataset | undefined;
  readonly channel: Dataset | undefined;
  readonly board: Dataset | undefined;
  readonly energy: Dataset | undefined;
  /** The number in a group's name such as `ch3`. */
  readonly number: number | undefined;
}

/** All tables of a file, in the order of their names. @throws {TypeError} On a file without, or columns of other lengths. */
export function tablesOf(path: string, file: File): TraceTable[] {
  const tables: TraceTable[] = [];
  const visit = (group: Group): void => {
    const found = tableIn(path, group);
    if (found) tables.push(found);
    for (const key of group.keys().toSorted(byNumber)) {
      const entry = group.get(key);
      if (isGroup(entry) && !(found && TRACES.includes(key))) visit(entry);
    }
  };
  visit(file);
  if (tables.length > 0) return tables;
  throw new TypeError(
    `Cannot read "${path}": it has no traces; they are LH5 tables with waveform/values, or data sets [rows, samples] named ` +
      TRACES.join(", "),
  );
}

/** ch2 comes before ch10. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function tableIn(path: string, group: Group): TraceTable | undefined {
  const name = group.keys().find((key) => TRACES.includes(key));
  if (name === undefined) return undefined;
  const entry = group.get(name), inner = isGroup(entry) ? entry : undefined;
  const values = inner ? inner.get("values") : entry;
  if (inner && isGroup(values)) {
    throw new TypeError(
      `Cannot read "${path}": ${values.path} holds encoded traces; decode them with pygama first`,
    );
  }
  if (!isDataset(values)) return undefined;
  const { shape } = values;
  if (shape?.length !== 2) {
    throw new TypeError(
      `Cannot read "${path}": ${values.path} has the shape [${shape}]; traces are [rows, samples]`,
    );
  }
  const [rows, width] = shape as [number, number];
  const column = (from: Group | undefined, ...names: string[]): Dataset | undefined => {
    const key = names.find((key) => from?.keys().includes(key)),
      data = key === undefined ? null : from!.get(key);
    if (!isDataset(data)) return undefined;
    if (data.shape?.length === 1 && data.shape[0] === rows) return data;
    throw new TypeError(
      `Cannot read "${path}": ${data.path} has the shape [${data.shape}] for ${rows} traces`,
    );
  };
  const number = /ch(?:annel)?_?(\d+)/i.exec(group.path)?.[1];
  return {
    name: group.path,
    values,
    rows,
    width,
    time: column(group, "timestamp", "time"),
    offset: column(inner, "t0"),
    dt: column(inner, "dt") ?? column(group, "dt"),
    channel: column(group, "channel"),
    board: column(group, "board"),
    energy: column(group, "energy", "daqenergy"),
    number: number === undefined ? undefined : Number(number),
  };
}
