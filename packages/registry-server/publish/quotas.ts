/**
 * How much may be published: {@linkcode checkQuotas}.
 * @module
 */
import type { User } from "../catalog/scopes.ts";
import { Refusal } from "../http/refusal.ts";
import type { Registry } from "../registry.ts";

const WEEK = 7 * 24 * 3600 * 1000;

/**
 * Count an attempt to publish.
 *
 * @throws {Refusal} When the user made too many in the last seven days, or a new package would be one too many in its scope.
 */
export function checkQuotas(
  { db, limits, now }: Pick<Registry, "db" | "limits" | "now">,
  scope: string,
  name: string,
  user: User,
): void {
  const time = now();
  const since = new Date(time.getTime() - WEEK).toISOString();
  db.transaction(() => {
    const { count, first } = db.get<{ count: number; first: string | null }>(
      "SELECT count(*) AS count, min(time) AS first FROM attempt WHERE user_id = ? AND time > ?",
      user.id,
      since,
    )!;
    if (count >= limits.attempts) {
      const seconds = Math.ceil((new Date(first!).getTime() + WEEK - time.getTime()) / 1000);
      throw new Refusal(
        429,
        "tooManyAttempts",
        `The user "${user.name}" tried to publish ${count} times in seven days, the most allowed; wait ${seconds} s`,
        {},
        { "retry-after": String(seconds) },
      );
    }
    const { packages, known } = db.get<{ packages: number; known: number }>(
      "SELECT count(*) AS packages, coalesce(sum(name = ?), 0) AS known FROM package WHERE scope = ?",
      name,
      scope,
    )!;
    if (known === 0 && packages >= limits.packages) {
      throw new Refusal(
        403,
        "tooManyPackages",
        `The scope @${scope} has ${packages} packages, the most allowed; use another scope, or ask an administrator`,
      );
    }
    db.run("DELETE FROM attempt WHERE time <= ?", since);
    db.run("INSERT INTO attempt (user_id, time) VALUES (?, ?)", user.id, time.toISOString());
  });
}
