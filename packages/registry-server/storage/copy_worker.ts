// Copies a database in a thread of its own, so that requests are answered meanwhile.

import { DatabaseSync } from "node:sqlite";

/** What is to be copied. */
export interface CopyQuestion {
  readonly from: string;
  readonly to: string;
}

/** How it went. */
export interface CopyAnswer {
  readonly error?: string;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<CopyQuestion>) => void;
  postMessage(answer: CopyAnswer): void;
};

scope.onmessage = ({ data: { from, to } }) => {
  try {
    using db = new DatabaseSync(from);
    db.exec("PRAGMA busy_timeout = 10000");
    db.prepare("VACUUM INTO ?").run(to);
    scope.postMessage({});
  } catch (error) {
    scope.postMessage({ error: (error as Error).message });
  }
};
