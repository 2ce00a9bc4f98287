/**
 * Who changed what: {@linkcode audit}, {@linkcode readAudit}.
 * @module
 */
import type { Registry } from "../registry.ts";

/** A request that changed something, or tried to. */
export interface AuditRow {
  readonly id: number;
  readonly time: string;
  /** Name of a user; `null` where nobody was identified. */
  readonly actor: string | null;
  readonly token_id: number | null;
  /** Where it came from. */
  readonly address: string;
  /** Method and route, or the name of a command. */
  readonly action: string;
  /** What it was about. */
  readonly target: string;
  /** HTTP status. */
  readonly status: number;
  /** Why it was refused. */
  readonly message: string | null;
}

/** Write down a request. */
export function audit({ db, now }: Pick<Registry, "db" | "now">, row: Omit<AuditRow, "id" | "time">): void {
  db.run(
    "INSERT INTO audit (time, actor, token_id, address, action, target, status, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    now().toISOString(),
    row.actor,
    row.token_id,
    row.address,
    row.action,
    row.target,
    row.status,
    row.message,
  );
}

/** The newest rows before an id. */
export function readAudit({ db }: Pick<Registry, "db">, before: number, count: number): AuditRow[] {
  return db.all("SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?", before, count);
}
