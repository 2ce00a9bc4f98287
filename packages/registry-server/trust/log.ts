/**
 * The log of all that happened: {@linkcode appendToLog}, {@linkcode readLog}.
 * @module
 */
import type { Database } from "../storage/database.ts";
import { hashEntry, LOG_START, type LogEntry } from "./log_entry.ts";

/** An entry with its hash. */
export interface LoggedEntry extends LogEntry {
  /** {@linkcode hashEntry} of it. */
  readonly hash: string;
}

interface Row {
  readonly position: number;
  readonly entry: string;
  readonly hash: string;
}

/** Add an entry, within the transaction that makes the change; gives its index. */
export function appendToLog(db: Database, entry: Omit<LogEntry, "index" | "previous">): number {
  return db.transaction(() => {
    const last = db.get<Row>("SELECT * FROM log ORDER BY position DESC LIMIT 1");
    const whole: LogEntry = {
      index: last ? last.position + 1 : 0,
      time: entry.time,
      kind: entry.kind,
      subject: entry.subject,
      detail: entry.detail,
      previous: last?.hash ?? LOG_START,
    };
    db.run(
      "INSERT INTO log (position, entry, hash) VALUES (?, ?, ?)",
      whole.index,
      JSON.stringify(whole),
      hashEntry(whole),
    );
    return whole.index;
  });
}

/** Entries from an index on. */
export function readLog(db: Database, from: number, count: number): LoggedEntry[] {
  return db.all<Row>("SELECT * FROM log WHERE position >= ? ORDER BY position LIMIT ?", from, count)
    .map(({ entry, hash }) => ({ ...JSON.parse(entry) as LogEntry, hash }));
}

/** Number of entries and the last one's hash. */
export function logHead(db: Database): { size: number; hash: string } {
  const last = db.get<Row>("SELECT * FROM log ORDER BY position DESC LIMIT 1");
  return last ? { size: last.position + 1, hash: last.hash } : { size: 0, hash: LOG_START };
}
