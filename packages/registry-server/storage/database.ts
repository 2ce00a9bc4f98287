/**
 * The registry's tables: {@linkcode Database}.
 * @module
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { MIGRATIONS } from "./_migrations.ts";
import type { CopyAnswer, CopyQuestion } from "./copy_worker.ts";

/** A value of a column. */
export type Value = SQLInputValue;

/**
 * SQLite in WAL mode, brought up to date when it is opened. Several processes may have it open at once; a transaction that was not
 * committed when its process died has not happened.
 */
export class Database implements Disposable {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  /**
   * @param path File, made where it is missing; `":memory:"` for none.
   * @throws {RangeError} When a newer release wrote the file.
   */
  constructor(path: string) {
    this.#path = path;
    this.#db = new DatabaseSync(path);
    this.#db.exec("PRAGMA busy_timeout = 10000");
    this.#db.exec("PRAGMA journal_mode = WAL");
    this.#db.exec("PRAGMA synchronous = FULL"); // what was answered with success survives a power cut
    this.#db.exec("PRAGMA foreign_keys = ON");
    try {
      this.transaction(() => this.#migrate(path));
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #migrate(path: string): void {
    const { user_version: at } = this.get<{ user_version: number }>("PRAGMA user_version")!;
    if (at > MIGRATIONS.length) {
      throw new RangeError(
        `Cannot open "${path}": it has version ${at} and this release knows ${MIGRATIONS.length}; use a newer release`,
      );
    }
    for (const migration of MIGRATIONS.slice(at)) this.#db.exec(migration);
    this.#db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }

  /** The first row, if there is one. */
  get<T>(sql: string, ...values: Value[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined;
  }

  /** All rows. */
  all<T>(sql: string, ...values: Value[]): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  /** Change something; gives how many rows changed and the id of an inserted one. */
  run(sql: string, ...values: Value[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...values);
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  /** All of `work` or nothing; nested calls belong to the outermost. `work` is not asynchronous. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#db.exec("BEGIN IMMEDIATE");
    this.#depth++;
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** A number that changes when another connection has written. */
  get version(): number {
    return this.get<{ data_version: number }>("PRAGMA data_version")!.data_version;
  }

  /**
   * Write a consistent copy to a file that must not exist, while others read and write: in a thread of its own, for it takes seconds
   * where there is much.
   *
   * @throws {Error} (Rejects with it.) When it cannot be written.
   */
  copyTo(path: string): Promise<void> {
    const worker = new Worker(new URL("./copy_worker.ts", import.meta.url), { type: "module" });
    const done = Promise.withResolvers<void>();
    worker.onmessage = ({ data: { error } }: MessageEvent<CopyAnswer>) => {
      if (error === undefined) done.resolve();
      else done.reject(new Error(`Cannot copy "${this.#path}" to "${path}": ${error}`));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      done.reject(new Error(`Cannot copy "${this.#path}" to "${path}": ${event.message}`));
    };
    worker.postMessage({ from: this.#path, to: path } satisfies CopyQuestion);
    return done.promise.finally(() => worker.terminate());
  }

  /** Close it. */
  [Symbol.dispose](): void {
    this.#db.close();
  }
}
