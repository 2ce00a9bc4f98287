// A worker process beside a thread: start to first result, and round trips.

import { processTransport } from "./process.ts";
import { threadTransport } from "./thread.ts";
import { Op, type WorkerMessage } from "./messages.ts";
import type { Connection, Transport } from "./transport.ts";

/** One worker that gives back what it gets. */
class Echo {
  readonly #connection: Connection;
  #answered: (message: WorkerMessage) => void = () => {};
  #id = 0;

  constructor(transport: Transport) {
    this.#connection = transport.start(1, {
      message: (message) => {
        if (message[0] === Op.results) this.#answered(message);
      },
      ended: ({ error }) => {
        throw error;
      },
    });
    this.#connection.send([Op.configure, 1, 1, 0], []);
    this.#connection.send([Op.define, 0, "data:text/javascript,export default (x) => x", "default"], []);
  }

  call(input: unknown): Promise<WorkerMessage> {
    const { promise, resolve } = Promise.withResolvers<WorkerMessage>();
    this.#answered = resolve;
    this.#connection.send([Op.run, this.#id++, 0, input], []);
    return promise;
  }

  stop(): Promise<void> {
    return this.#connection.stop();
  }
}

const transports = [threadTransport(), processTransport()];
for (const transport of transports) {
  Deno.bench(`${transport.kind}: start to first result`, { group: "start" }, async (b) => {
    b.start();
    const worker = new Echo(transport);
    await worker.call(1);
    b.end();
    await worker.stop();
  });
}
for (const bytes of [8, 65_536, 1 << 20, 10 << 20]) {
  for (const transport of transports) {
    const input = new Uint8Array(bytes).fill(1);
    let worker: Echo | undefined;
    Deno.bench(`${transport.kind}: ${bytes} bytes there and back`, { group: `${bytes} bytes` }, async () => {
      await (worker ??= new Echo(transport)).call(input);
    });
  }
}
