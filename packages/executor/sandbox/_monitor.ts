/**
 * Watches processes of sandboxes: one shell for all of them, which reads /proc (that Deno lets nobody read who may not do
 * everything) and kills them when its host is gone, however the host ended.
 * @module
 */

/** What a process uses. */
export interface Usage {
  /** Processor time so far, ms. */
  readonly cpuMs: number;
  /** Resident memory, bytes. */
  readonly residentBytes: number;
}

const SCRIPT = `trap '' INT TERM HUP
echo "$(getconf PAGESIZE) $(getconf CLK_TCK)"
pids=
while read -r verb pid; do
  case $verb in
  +) pids="$pids $pid" ;;
  -) rest=; for p in $pids; do [ "$p" = "$pid" ] || rest="$rest $p"; done; pids=$rest ;;
  *) for p in $pids; do { read -r line < /proc/$p/stat && echo "$p $line"; } 2>/dev/null; done; echo . ;;
  esac
done
for p in $pids; do kill -9 $p 2>/dev/null; done
`;

/** Milliseconds between looks. */
const EVERY = 15;

type Told = (usage: Usage) => void;

class Monitor {
  /** Processes that are watched by it. */
  users = 0;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #watched = new Map<number, Told | undefined>();
  readonly #lost = new Map<number, () => void>();
  #isClosing = false;
  readonly #ended: Promise<void>;
  #timer: ReturnType<typeof setInterval> | undefined;
  #asked = false;
  #page = 0;
  #tick = 0;

  constructor() {
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", SCRIPT],
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      detached: true,
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#ended = this.#read();
  }

  add(pid: number, lost: () => void): void {
    this.#watched.set(pid, undefined);
    this.#lost.set(pid, lost);
    this.#say(`+ ${pid}`);
  }

  /** Tell what a process uses, until called with undefined. */
  watch(pid: number, told: Told | undefined): void {
    if (!this.#watched.has(pid)) return;
    this.#watched.set(pid, told);
    const wanted = [...this.#watched.values()].some((told) => told !== undefined);
    if (wanted) this.#timer ??= setInterval(() => this.#ask(), EVERY);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  remove(pid: number): void {
    this.watch(pid, undefined);
    this.#watched.delete(pid);
    this.#lost.delete(pid);
    this.#say(`- ${pid}`);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#writer.close().catch(() => {}); // it may be gone
    await this.#ended;
    await this.#child.status;
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#say("?");
  }

  #say(line: string): void {
    // A shell that is gone is noticed by its output.
    this.#writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }

  async #read(): Promise<void> {
    let open = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (open + text).split("\n");
      open = lines.pop()!;
      for (const line of lines) this.#take(line);
    }
    if (this.#isClosing) return;
    if (monitor === this) monitor = undefined;
    for (const lost of [...this.#lost.values()]) lost();
  }

  #take(line: string): void {
    if (this.#page === 0) {
      [this.#page, this.#tick] = line.split(" ").map(Number) as [number, number];
      return;
    }
    if (line === ".") {
      this.#asked = false;
      return;
    }
    // The name, in parentheses, is the process's own choice: count from behind it.
    const pid = Number(line.slice(0, line.indexOf(" ")));
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * 1000 / this.#tick;
    this.#watched.get(pid)?.({ cpuMs, residentBytes: Number(fields[21]) * this.#page });
  }
}

let monitor: Monitor | undefined;

/** A process that is watched. */
export interface Watched {
  /** Tell what it uses about every 15 ms, until called with undefined. */
  watch(told: Told | undefined): void;
  /** It is gone. */
  done(): Promise<void>;
}

/**
 * Watch a process from now on: it is killed when this one is gone.
 *
 * @param lost Called when it can no longer be watched.
 */
export function watchProcess(pid: number, lost: () => void): Watched {
  const mine = monitor ??= new Monitor();
  mine.users++;
  mine.add(pid, lost);
  return {
    watch: (told) => mine.watch(pid, told),
    done: async () => {
      mine.remove(pid);
      if (--mine.users > 0) return;
      if (monitor === mine) monitor = undefined;
      await mine.close();
    },
  };
}
