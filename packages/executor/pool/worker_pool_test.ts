import { inlineTransport } from "../transport/inline.ts";
import { threadTransport } from "../transport/thread.ts";
import { testPool } from "./_conformance.ts";

testPool({ name: "threads", transport: threadTransport });

const oneThread = "tasks share this thread and its modules";
const exits = "the task would end this process";
testPool({
  name: "inline workers",
  transport: inlineTransport,
  skip: {
    "what can't be cloned is an error of its task only": "nothing is cloned",
    "arrays arrive alike, the function's own, however they cross": "nothing is copied",
    "moves buffers both ways": "nothing is moved",
    "a queued task that is cancelled never runs, the next one is not harmed": oneThread,
    "tasks with an affinity key stay on one worker; its death fails them, a later one starts afresh": exits,
    "a task that is declared safe runs again when its worker died": exits,
    "a function that ignores its timeout costs its worker, not its neighbours": "its timer would go on",
    "abort() settles everything": "timers of its tasks would go on",
    ...Object.fromEntries(
      ["Deno.exit", "close", "process.exit", "reallyExit", "throw", "reject"].map((how) => [
        `a worker that ends by ${how} loses its task only`,
        exits,
      ]),
    ),
  },
});
