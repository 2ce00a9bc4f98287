// A pool in a process of its own, told what to measure.

const MARK = "@figure ";

/** How a pool's process is started. */
export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

/** A process with one pool in it. */
export class PoolProcess implements AsyncDisposable {
  /** What the process wrote to standard error, for messages. */
  #stderr = "";
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;
  readonly #collected: Promise<void>;

  constructor({ program, args, cwd }: ChildCommand) {
    this.#child = new Deno.Command(program, {
      args: [...args],
      ...(cwd === undefined ? {} : { cwd }),
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = lines(this.#child.stdout)[Symbol.asyncIterator]();
    this.#collected = this.#collect();
  }

  /** The next figure that the process tells. @throws {Error} When it fails, ends or takes longer than `limit` ms. */
  async figure(limit: number): Promise<number> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`No figure within ${limit} ms`)), limit);
    try {
      return await Promise.race([this.#next(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Has it measure something. */
  async ask(question: unknown, limit: number): Promise<number> {
    await this.#input.write(new TextEncoder().encode(JSON.stringify(question) + "\n"));
    return await this.figure(limit);
  }

  async #next(): Promise<number> {
    for (;;) {
      const { value: line, done } = await this.#lines.next();
      if (done) throw new Error(`The pool's process ended: ${this.#stderr.trim().slice(-300)}`);
      if (!line.startsWith(MARK)) continue;
      const answer = JSON.parse(line.slice(MARK.length)) as { value?: number; error?: string };
      if (answer.value === undefined) throw new Error(answer.error);
      return answer.value;
    }
  }

  async #collect(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#stderr = (this.#stderr + text).slice(-2000);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL"); // its figures are there, and some peers take long to end
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended already
    }
    await this.#child.status;
    await this.#lines.return?.();
    await this.#collected;
    await this.#input.abort().catch(() => {}); // its other end is gone
  }
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
