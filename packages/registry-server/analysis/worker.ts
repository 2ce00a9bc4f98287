// Reads modules in a thread of its own, so that a large upload does not keep requests waiting.

import { Script } from "node:vm";
import { analyse, unread } from "./analyse.ts";
import type { Answer, Question } from "./analyser.ts";
import { documentModule } from "./document.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(answer: Answer): void;
  work: () => unknown;
};

// Some texts take a parser exponential time. Ending a thread does not stop one that is busy; a script's time limit does.
const limited = new Script("work()");

function within<T>(ms: number, work: () => T, late: T): T {
  scope.work = work;
  try {
    return limited.runInThisContext({ timeout: Math.max(1, Math.ceil(ms)) });
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    return late;
  }
}

scope.onmessage = ({ data: { id, what, files, time } }) => {
  const end = performance.now() + time;
  const read = (path: string, text: string) => {
    const left = end - performance.now();
    return what === "docs"
      ? within(left, () => documentModule(path, text), { doc: "", declarations: {} })
      : within(left, () =>
        analyse(path, text), unread("it takes too long to read; write it in a simpler way"));
  };
  scope.postMessage({ id, found: files.map(([path, text]) => [path, read(path, text)]) });
};
