/**
 * The module that a worker thread starts with: a task runner behind `postMessage`, and guards that tell the
 * host when the worker is about to end, which would raise no event there.
 *
 * @module
 */
import { encodeError } from "../task/error_data.ts";
import { type HostMessage, Op } from "../transport/messages.ts";
import { ThreadOp } from "../transport/_thread_ops.ts";
import { markWorker } from "./_inside.ts";
import { Lookout } from "./_lookout.ts";
import { createTaskRunner, type TaskRunner } from "./task_runner.ts";

markWorker();

interface WorkerScope {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  close(): void;
}

type Configuration = [
  op: number,
  board: Int32Array,
  awake: Int32Array,
  place: number,
  key: string | undefined,
  share: unknown,
];

const scope = globalThis as unknown as WorkerScope;
const post = scope.postMessage.bind(scope) as (message: unknown, transfer: readonly ArrayBuffer[]) => void;
let runner: TaskRunner | undefined;
let lookout: Lookout | undefined;

// Not `onmessage`: a task's module may set that, and the worker would be deaf.
globalThis.addEventListener("message", (event) => {
  const message = (event as MessageEvent<HostMessage>).data;
  if (runner === undefined || lookout === undefined) {
    const [, board, awake, place, key, share] = message as Configuration;
    if (key !== undefined) (globalThis as Record<symbol, unknown>)[Symbol.for(key)] = share;
    runner = createTaskRunner(post, board);
    lookout = new Lookout(board, awake, place);
    return;
  }
  if (message[0] === ThreadOp.leave) leave("was told to leave", 0);
  lookout.received();
  runner.receive(message);
  lookout.wait(runner.isIdle);
});

const exit = Deno.exit;

/** Nothing of this thread runs any more when the host reads that. */
function leave(how: string, code?: number): never {
  runner?.flush();
  post([ThreadOp.exit, how], []);
  return exit(code);
}

// `process.exit` and `process.reallyExit` end in `Deno.exit`.
Deno.exit = (code?: number): never => leave(`called Deno.exit(${code ?? ""})`, code);
scope.close = () => leave("called close()");
scope.postMessage = () => {
  throw new TypeError(
    "Cannot post a message from a task: return the value, or write to a MessagePort of the input",
  );
};

globalThis.addEventListener("error", (event) => {
  runner?.flush();
  post([ThreadOp.uncaught, encodeError(event.error)], []);
});
globalThis.addEventListener("unhandledrejection", (event) => {
  runner?.flush();
  post([ThreadOp.uncaught, encodeError(event.reason)], []);
});

post([Op.ready], []);
