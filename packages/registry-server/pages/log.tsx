/** @jsxImportSource hono/jsx */
/**
 * The log, for people.
 * @module
 */
import type { Registry } from "../registry.ts";
import { logHead, readLog } from "../trust/log.ts";
import { page } from "./layout.tsx";

/** Entries of a page. */
const SHOWN = 100;

/** A page of entries; the last one first, if no index is given. */
export function logPage(registry: Registry, query: URLSearchParams): Response {
  const { size, hash } = logHead(registry.db);
  const asked = Number(query.get("from") ?? size - SHOWN);
  const from = Math.max(0, Math.trunc(asked) || 0);
  const entries = readLog(registry.db, from, SHOWN);
  return page({
    title: "Log",
    children: (
      <>
        <h1>Log</h1>
        <p>
          {size} entries, the last one's hash is <code>{hash}</code>. Each holds the hash of the one before.
        </p>
        <p>
          {from > 0 && <a href={`/log?from=${Math.max(0, from - SHOWN)}`}>Earlier</a>}{" "}
          {from + SHOWN < size && <a href={`/log?from=${from + SHOWN}`}>Later</a>}
        </p>
        <div class="scroll" tabindex={0} role="region" aria-label="Entries of the log">
          <table>
            <thead>
              <tr>
                <th scope="col">Entry</th>
                <th scope="col">Time</th>
                <th scope="col">What</th>
                <th scope="col">Of</th>
                <th scope="col">Detail</th>
              </tr>
            </thead>
            <tbody>
              {entries.map(({ index, time, kind, subject, detail }) => (
                <tr>
                  <td>{index}</td>
                  <td>{time.slice(0, 19).replace("T", " ")}</td>
                  <td>{kind}</td>
                  <td>
                    {subject.startsWith("@") && subject.includes("/")
                      ? <a href={`/${subject}`}>{subject}</a>
                      : subject}
                  </td>
                  <td class="wrap">{detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </>
    ),
  });
}
