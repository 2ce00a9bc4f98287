// Reads modules in a thread of its own, so that a large upload does not keep requests waiting.

import { analyse } from "./analyse.ts";
import type { Answer, Question } from "./analyser.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(answer: Answer): void;
};

scope.onmessage = ({ data: { id, files } }) => {
  scope.postMessage({ id, facts: files.map(([path, text]) => [path, analyse(path, text)]) });
};
