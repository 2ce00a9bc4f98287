// The peers in a process of their own, asked over its standard input.

/** numpy and scipy on the samples of a file; gives milliseconds and results. */
export class Peer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string, ...args: readonly string[]) {
    this.#process = new Deno.Command(python, {
      args: [new URL("peers.py", import.meta.url).pathname, ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#lines = linesOf(this.#process.stdout);
  }

  /** The answer to a command. */
  async ask<T>(command: string): Promise<T> {
    await this.#writer.write(new TextEncoder().encode(`${command}\n`));
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`Cannot measure "${command}": the Python process ended, see above`);
    return JSON.parse(value) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#process.status;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (
    const text of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
  ) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** A Python with numpy and scipy, or what is missing. */
export function findPython(): { python: string } | { missing: string } {
  const tried: string[] = [];
  for (const python of ["/usr/bin/python3", "python3"]) {
    try {
      const { success } = new Deno.Command(python, {
        args: ["-c", "import numpy, scipy.signal"],
        stdout: "null",
        stderr: "null",
      }).outputSync();
      if (success) return { python };
      tried.push(`${python} has no numpy or no scipy`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      tried.push(`${python} is not there`);
    }
  }
  return { missing: `${tried.join("; ")}: apt-get install python3-numpy python3-scipy` };
}
