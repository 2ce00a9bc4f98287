// What strax does on its data, or would do: its speed was measured where numpy copied 10.7 GB/s.

const COPY = 10.7e9;
/** MB/s of raw records by mode of bench_chain.py: nothing saved, one core; all saved, two workers; from stored raw records, two workers. */
const MEASURED = { st1: 184, save2: 125, load2: 223 } as const;

class Asked implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(python: string) {
    const script = new URL("_strax_memcpy.py", import.meta.url).pathname;
    this.#process = new Deno.Command(python, { args: [script], stdin: "piped", stdout: "piped" }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.getReader();
  }

  async copySpeed(): Promise<number> {
    await this.#writer.write(new TextEncoder().encode("\n"));
    const { value } = await this.#reader.read();
    return Number(new TextDecoder().decode(value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    this.#reader.releaseLock();
    await this.#process.stdout.cancel();
    await this.#process.status;
  }
}

/** A Python process that says how many bytes a second numpy copies. */
export function copySpeeds(python: string): Asked {
  return new Asked(python);
}

/** MB/s of raw records that strax would do where numpy copies that many bytes a second. */
export function straxByCopy(mode: keyof typeof MEASURED, copy: number): number {
  return MEASURED[mode] * copy / COPY;
}

/** MB/s of raw records of strax itself, the median of its passes; undefined where it cannot be imported. */
export function straxItself(
  python: string,
  folder: string,
  mode: keyof typeof MEASURED,
): number | undefined {
  const has = new Deno.Command(python, { args: ["-c", "import strax"], stderr: "null" }).outputSync().success;
  if (!has) return undefined;
  const script = new URL("../../../shared/bench/strax/bench_chain.py", import.meta.url).pathname;
  const env = { DATA: folder, REPS: "3" };
  const { stdout } = new Deno.Command(python, { args: [script, mode], env }).outputSync();
  const { all, raw_mb_s, seconds } = JSON.parse(new TextDecoder().decode(stdout));
  return raw_mb_s * seconds / all.toSorted((a: number, b: number) => a - b)[all.length >> 1];
}
