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
      `Cannot read "${name}": NumPy files have no sampling interval; set raw_files.dt, such as 2ns`,
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
    let done = 0, id = 0;
    const rows = rowsOf(sources, BigInt(dt), BigInt(options.t0 ?? 0), options.channelBy ?? "file");
    let next = rows.next();
    let end = 0n;
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
      progress?.(done, total);
      // Behind the last row a run ends with its longest trace, and behind its last start.
      yield { table, end: next.done ? (end > t0 ? end : t0 + 1n) : next.value.time };
    }
  } finally {
    for (const source of sources) source[Symbol.dispose]();
  }
}

/** All rows by time and channel, without their samples. */
function* rowsOf(
  sources: readonly NpySource[],
  dt: bigint,
  t0: bigint,
  channelBy: "file" | "row",
): Generator<Next, void> {
  if (channelBy === "row") {
    let time = t0;
    for (const source of sources) {
      const { rows, width } = source.header;
      for (let row = 0; row < rows; row++) yield { source, row, channel: row, time };
      time += BigInt(width) * dt;
    }
    return;
  }
  const heads: Next[] = sources.flatMap((source, channel) =>
    source.header.rows > 0 ? [{ source, row: 0, channel, time: t0 }] : []
  );
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
