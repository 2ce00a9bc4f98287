/**
 * How often versions were taken: {@linkcode Downloads}.
 * @module
 */
import type { Database } from "../storage/database.ts";

/** Counts downloads in memory and writes them down every few seconds: what a crash may lose are counts, nothing else. */
export class Downloads implements Disposable {
  readonly #db: Database;
  #counts = new Map<number, number>();
  #written = performance.now();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Count one. */
  add(versionId: number): void {
    this.#counts.set(versionId, (this.#counts.get(versionId) ?? 0) + 1);
    if (performance.now() - this.#written > 2000) this.write();
  }

  /** Write down what was counted. */
  write(): void {
    const counts = this.#counts;
    this.#counts = new Map();
    this.#written = performance.now();
    if (counts.size === 0) return;
    this.#db.transaction(() => {
      for (const [id, count] of counts) {
        this.#db.run("UPDATE version SET downloads = downloads + ? WHERE id = ?", count, id);
        this.#db.run(
          "UPDATE package SET downloads = downloads + ? WHERE id = (SELECT package_id FROM version WHERE id = ?)",
          count,
          id,
        );
      }
    });
  }

  /** Write down the rest. */
  [Symbol.dispose](): void {
    this.write();
  }
}
