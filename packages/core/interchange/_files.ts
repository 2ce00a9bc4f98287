// Files that are written under a temporary name, and files that are read in parts.
import type { OutFile } from "./types.ts";

/** Bytes that are gathered before they are written. */
const GATHERED = 2 ** 18;

/** {@linkcode OutFile}; renamed to its name by `finish`, removed by `dispose` without it. */
export class Output implements OutFile, AsyncDisposable {
  readonly path: string;
  readonly #name: string;
  readonly #file: Deno.FsFile;
  #parts: Uint8Array[] = [];
  #held = 0;
  size = 0;
  #done = false;

  private constructor(name: string, path: string, file: Deno.FsFile) {
    this.#name = name;
    this.path = path;
    this.#file = file;
  }

  static async create(name: string): Promise<Output> {
    const path = `${name}.${crypto.randomUUID().slice(0, 8)}.tmp`;
    try {
      return new Output(name, path, await Deno.open(path, { write: true, createNew: true, truncate: false }));
    } catch (cause) {
      throw new Error(`Cannot write "${name}": ${(cause as Error).message}; choose another place`, { cause });
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.size += bytes.length;
    this.#held += bytes.length;
    this.#parts.push(bytes);
    if (this.#held >= GATHERED) await this.#flush();
  }

  async #flush(): Promise<void> {
    const parts = this.#parts;
    this.#parts = [];
    this.#held = 0;
    let gathered = parts[0] ?? new Uint8Array(0);
    if (parts.length > 1) {
      gathered = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        gathered.set(part, at);
        at += part.length;
      }
    }
    await this.#all(gathered);
  }

  async #all(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#file.write(bytes.subarray(at));
    } catch (cause) {
      throw new Error(
        `Cannot write "${this.#name}": ${(cause as Error).message}; free some space or choose another place`,
        { cause },
      );
    }
  }

  async writeAt(at: number, bytes: Uint8Array): Promise<void> {
    await this.#flush();
    await this.#file.seek(at, Deno.SeekMode.Start);
    await this.#all(bytes);
    await this.#file.seek(0, Deno.SeekMode.End);
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.syncData();
    this.#file.close();
    this.#done = true;
    await Deno.rename(this.path, this.#name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    this.#file.close();
    await Deno.remove(this.path);
  }
}

/** A file that is read in parts. */
export class Input implements Disposable {
  readonly size: number;
  readonly #name: string;
  readonly #file: Deno.FsFile;

  private constructor(name: string, file: Deno.FsFile, size: number) {
    this.#name = name;
    this.#file = file;
    this.size = size;
  }

  static async open(name: string): Promise<Input> {
    const file = await Deno.open(name);
    const { size, isFile } = await file.stat();
    if (isFile) return new Input(name, file, size);
    file.close();
    throw new Error(`Cannot read "${name}": it is no file`);
  }

  /** `length` bytes from `at` on. @throws {SyntaxError} When the file is shorter. */
  async read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (at < 0 || length < 0 || at + length > this.size) {
      throw new SyntaxError(
        `Cannot read "${this.#name}": it is cut off: bytes ${at} to ${
          at + length
        } of ${this.size} are missing`,
      );
    }
    const bytes = new Uint8Array(length);
    await this.#file.seek(at, Deno.SeekMode.Start);
    for (let got = 0; got < length;) {
      const n = await this.#file.read(bytes.subarray(got));
      if (n === null) {
        throw new SyntaxError(`Cannot read "${this.#name}": it became shorter while it was read`);
      }
      got += n;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Lines of a text file without their ends, each with its number from 1 on. */
export async function* linesOf(
  name: string,
): AsyncGenerator<readonly [line: string, number: number], void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  using input = await Input.open(name);
  let rest = "", count = 0;
  for (let at = 0; at < input.size; at += GATHERED) {
    const length = Math.min(GATHERED, input.size - at);
    const bytes = await input.read(at, length);
    try {
      rest += decoder.decode(bytes, { stream: at + length < input.size });
    } catch (cause) {
      throw new SyntaxError(`Cannot read "${name}": it is no UTF-8 text`, { cause });
    }
    const lines = rest.split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield [line.endsWith("\r") ? line.slice(0, -1) : line, ++count];
  }
  if (rest !== "") yield [rest, ++count];
}
