// Arrays of traces as rows: when each starts, on which channel, and its samples.
import { Table } from "@millrace/core/table";
import { RAW_ROW_BYTES, rawSchema } from "../compass/raw_schema.ts";
import type { FormatOptions, FormatPiece } from "../format.ts";
import { refuse } from "../merge/read_traces.ts";
import type { NpySource } from "./_source.ts";

// A table's offsets stay below 2^53 ps, with the longest trace behind them.
const MAX_SPAN = 2n ** 52n;

/** A row to come. */
interface Next {
  readonly source: NpySource;
  readonly row: number;
  readonly channel: number;
  readonly time: bigint;
}

/**
 * The rows of arrays, which are channels or have a channel a row.
 *
 * @param name Of the first file, for messages.
 * @param open Opens the arrays one after the other.
 */
export async function* readArrays(
  name: string,
  options: FormatOptions,
  open: () => AsyncIterable<NpySource>,
): AsyncGenerator<FormatPiece> {
  const { dt, maxRows, maxBytes, pool, account, signal, progress } = options;
  if (dt === undefined) {
    throw new TypeError(
      `Cannot read "${name}": NumPy files have no sampling interval; set it, such as --set raw_files.dt=2ns`,
    );
  }
  refuse(name, "NumPy", options, ["recordLength"]);
  const sources: NpySource[] = [];
  try {
    for await (const source of open()) sources.push(source);
    const most = options.channelBy === "row"
      ? Math.max(...sources.map(({ header }) => header.rows))
      : sources.length;
    if (most > 65536) {
      throw new RangeError(
        `Cannot read "${name}": ${most} channels by ${options.channelBy}; there are 65536 at most`,
      );
    }
    const total = sources.reduce((sum, { size }) => sum + size, 0);
    const canSkip = sources.every((source) => source.canSkip);
    const skipped = canSkip ? options.resume?.at ?? options.from : undefined;
    const times: Times = { dt: BigInt(dt), t0: BigInt(options.t0 ?? 0), by: options.channelBy ?? "file" };
    const before = skipped === undefined ? sources.map(() => 0) : rowsBefore(sources, times, skipped);
    const rows = rowsOf(sources, times, before);
    let passed = 0, id = 0, end = 0n;
    for (const [k, { source, start }] of startsOf(sources, times).entries()) {
      const row = before[k]!;
      if (row === 0) continue;
      passed += await source.skipTo(row);
      id += row;
      const until = start + BigInt(source.header.width * (times.by === "file" ? row : 1)) * times.dt;
      if (until > end) end = until;
    }
    let done = sources.reduce((sum, { header }) => sum + header.start, passed);
    let next = rows.next();
    while (!next.done) {
      signal?.throwIfAborted();
      const t0 = next.value.time, group: Next[] = [];
      let samples = 0;
      do {
        const { source, time } = next.value;
        group.push(next.value);
        samples += source.header.width;
        const until = time + BigInt(source.header.width) * BigInt(dt);
        if (until > end) end = until;
        next = rows.next();
        // Rows at one time stay together.
        if (next.done || next.value.time === time) continue;
        if (group.length >= maxRows || group.length * RAW_ROW_BYTES + 2 * samples >= maxBytes) break;
        if (next.value.time - t0 > MAX_SPAN) break;
      } while (!next.done);
      const table = Table.allocate(rawSchema, group.length, {
        t0,
        values: { wave: samples },
        ...(pool ? { pool } : {}),
        ...(account ? { account } : {}),
      });
      try {
        const to = table.columns;
        let at = 0;
        to.wave.offsets[0] = 0;
        for (const [i, { source, row, channel, time }] of group.entries()) {
          const { width } = source.header, offset = Number(time - t0);
          done += await source.load(row);
          source.copyRow(row, to.wave.values.subarray(at, at + width));
          to.time[i] = offset;
          to.endtime[i] = offset + width * dt;
          to.board[i] = 0;
          to.channel[i] = channel;
          to.record_id[i] = BigInt(id++);
          to.dt[i] = dt;
          to.length[i] = width;
          to.energy[i] = to.energy_short[i] = 0;
          to.energy_calibrated[i] = NaN;
          to.flags[i] = 0;
          to.polarity[i] = 0;
          to.wave.offsets[i + 1] = at += width;
        }
      } catch (error) {
        table.release();
        throw error;
      }
      progress?.(done, total, passed);
      // Behind the last row a run ends with its longest trace, and behind its last start.
      const until = next.done ? (end > t0 ? end : t0 + 1n) : next.value.time;
      // The time alone says where all rows lie.
      yield canSkip ? { table, end: until, cursor: "" } : { table, end: until };
    }
  } finally {
    for (const source of sources) source[Symbol.dispose]();
  }
}

/** Where rows lie in time. */
interface Times {
  readonly dt: bigint;
  readonly t0: bigint;
  readonly by: "file" | "row";
}

/** When the first row of each array starts. */
function startsOf(
  sources: readonly NpySource[],
  { dt, t0, by }: Times,
): { source: NpySource; start: bigint }[] {
  let start = t0;
  return sources.map((source) => {
    const one = { source, start };
    if (by === "row") start += BigInt(source.header.width) * dt;
    return one;
  });
}

/** How many rows of each array start before a time. */
function rowsBefore(sources: readonly NpySource[], times: Times, time: bigint): number[] {
  return startsOf(sources, times).map(({ source: { header: { rows, width } }, start }) => {
    const step = times.by === "row" ? 0n : BigInt(width) * times.dt;
    if (time <= start || rows === 0) return 0;
    const before = step === 0n ? BigInt(rows) : (time - start + step - 1n) / step;
    return before < rows ? Number(before) : rows;
  });
}

/** All rows by time and channel, without their samples, but for the first ones of each array. */
function* rowsOf(
  sources: readonly NpySource[],
  times: Times,
  before: readonly number[],
): Generator<Next, void> {
  const { dt, t0, by } = times;
  if (by === "row") {
    for (const [k, { source, start: time }] of startsOf(sources, times).entries()) {
      for (let row = before[k]!; row < source.header.rows; row++) yield { source, row, channel: row, time };
    }
    return;
  }
  const heads: Next[] = sources.flatMap((source, channel) => {
    const { rows, width } = source.header, row = before[channel]!;
    const time = t0 + BigInt(row) * BigInt(width) * dt;
    return row < rows ? [{ source, row, channel, time }] : [];
  });
  while (heads.length > 0) {
    let first = 0;
    for (let k = 1; k < heads.length; k++) if (heads[k]!.time < heads[first]!.time) first = k;
    const head = heads[first]!, { rows, width } = head.source.header;
    yield head;
    if (head.row + 1 < rows) {
      heads[first] = { ...head, row: head.row + 1, time: head.time + BigInt(width) * dt };
    } else heads.splice(first, 1);
  }
}
