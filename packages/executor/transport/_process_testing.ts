// Starting single worker processes in tests.

import type { ErrorData } from "../task/error_data.ts";
import { decodeError } from "../task/error_data.ts";
import { Op, type WorkerMessage } from "./messages.ts";
import { processTransport, type ProcessTransportOptions } from "./process.ts";
import type { Connection, WorkerEnd } from "./transport.ts";

/** A worker process and what it said. */
export interface TestProcess extends AsyncDisposable {
  readonly connection: Connection;
  readonly ended: Promise<WorkerEnd>;
  /** All messages so far. */
  readonly messages: WorkerMessage[];
  /** How often it was told to have ended. */
  ends(): number;
  /** Settles when it is ready. */
  readonly ready: Promise<void>;
  /** Calls the function (its source text) in the process. */
  call(source: string, input?: unknown, transfer?: ArrayBuffer[]): Promise<unknown>;
}

/** Starts one. */
export function startProcess(options: ProcessTransportOptions = {}, worker = 3): TestProcess {
  const end = Promise.withResolvers<WorkerEnd>();
  const ready = Promise.withResolvers<void>();
  const answers = new Map<number, PromiseWithResolvers<unknown>>();
  const messages: WorkerMessage[] = [];
  let ends = 0;
  let next = 0;
  const connection = processTransport(options).start(worker, {
    message: (message) => {
      messages.push(message);
      if (message[0] === Op.ready) ready.resolve();
      if (message[0] === Op.failed) {
        answers.get(message[1] as number)!.reject(decodeError(message[2] as ErrorData));
      }
      if (message[0] !== Op.results) return;
      for (let i = 1; i < message.length; i += 3) answers.get(message[i] as number)?.resolve(message[i + 1]);
    },
    ended: (found) => {
      ends++;
      end.resolve(found);
    },
  });
  connection.send([Op.configure, worker, 16, 0], []);
  return {
    connection,
    ended: end.promise,
    messages,
    ends: () => ends,
    ready: ready.promise,
    call(source, input, transfer = []) {
      const id = next++;
      const answer = Promise.withResolvers<unknown>();
      answers.set(id, answer);
      const module = `data:application/typescript,${encodeURIComponent(`export default ${source}`)}`;
      connection.send([Op.define, id, module, "default"], []);
      connection.send([Op.run, id, id, input], transfer);
      return answer.promise;
    },
    [Symbol.asyncDispose]: async () => void await connection.kill(),
  };
}
