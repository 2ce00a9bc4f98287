/**
 * Watches processes of sandboxes: one shell for all of them, which reads /proc (that Deno lets nobody read who may not do
 * everything), and kills them and removes their folders when its host is gone, however the host ended.
 * @module
 */

/** How names of folders begin. */
export const PREFIX = "millrace-sandbox-";

/** What a process uses. */
export interface Usage {
  /** Processor time so far, ms. */
  readonly cpuMs: number;
  /** Resident memory, bytes. */
  readonly residentBytes: number;
  /** Bytes that its folder takes on the disk; undefined where that was not looked at this time. */
  readonly diskBytes?: number;
}

/** $1: folder in which hosts that were killed at the wrong moment may have left empty ones. */
const SCRIPT = `trap '' INT TERM HUP
find "$1" -maxdepth 1 -type d -name '${PREFIX}*' -empty -mmin +1 -exec rmdir {} + 2>/dev/null
without() { rest=; for p in $1; do [ "\${p%:*}" = "$2" ] || rest="$rest $p"; done; }
begun() { begun=; read -r line < /proc/$1/stat || return; set -- \${line##*) }; begun=\${20}; } # when, in ticks: a number may be another's later
echo "$(getconf PAGESIZE) $(getconf CLK_TCK)"
pids= folders=
while read -r verb number path; do
  case $verb in
  +) begun "$number" 2>/dev/null; pids="$pids $number:$begun" ;;
  -) without "$pids" "$number"; pids=$rest ;;
  folder) eval "folder_$number=\\$path"; folders="$folders $number" ;;
  size) eval "path=\\$folder_$number"; size=$(du -sk -- "$path" 2>/dev/null); echo "= $number \${size%%[!0-9]*}" ;;
  keep) # what was compiled in the folder, for the next process
    eval "from=\\$folder_$number/cache"
    new="$path.$$"
    if [ ! -e "$path" ]; then
      ls -1td "\${path%-*}"-* | tail -n +32 | while read -r old; do rm -rf -- "$old"; done # the newest stay
      mkdir "$new" && cp -RP "$from/gen" "$from"/dep_analysis_cache* "$new/" && mv "$new" "$path" || rm -rf "$new"
    fi 2>/dev/null
    echo "k $number" ;;
  removed) without "$folders" "$number"; folders=$rest ;;
  *) for p in $pids; do { read -r line < /proc/\${p%:*}/stat && echo "\${p%:*} $line"; } 2>/dev/null; done; echo . ;;
  esac
done
for p in $pids; do
  begun "\${p%:*}"
  [ "$begun" = "\${p#*:}" ] && kill -9 "\${p%:*}"
done 2>/dev/null
for n in $folders; do
  eval "path=\\$folder_$n"
  tries=0 # what is being killed may still write
  while rm -rf -- "$path" 2>/dev/null; [ -e "$path" ] && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
done
`;

/** Milliseconds between looks. */
const EVERY = 15;
/** Looks at a process between looks at its folder: those take longer. */
const FOLDER_EVERY = 20;

type Told = (usage: Usage) => void;

class Monitor {
  /** Folders that are watched by it. */
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
  #folders = 0;
  #looks = 0;
  /** Numbers of folders by process. */
  readonly #folderOf = new Map<number, number>();
  readonly #last = new Map<number, Usage>();
  readonly #keeping = new Map<number, () => void>();

  constructor(temporary: string) {
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", SCRIPT, "millrace", temporary],
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

  /** Keep what was compiled in a folder, at `path` unless there is something already. */
  async keep(number: number, path: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#keeping.set(number, resolve);
    this.#say(`keep ${number} ${path}`);
    await Promise.race([promise, this.#ended]);
    this.#keeping.delete(number);
  }

  /** A folder to remove when the host is gone; gives its number. */
  addFolder(path: string): number {
    this.#say(`folder ${++this.#folders} ${path}`);
    return this.#folders;
  }

  removeFolder(number: number): void {
    this.#say(`removed ${number}`);
  }

  add(pid: number, folder: number, lost: () => void): void {
    this.#folderOf.set(pid, folder);
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
    this.#folderOf.delete(pid);
    this.#last.delete(pid);
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
    if (++this.#looks % FOLDER_EVERY > 0) return;
    for (const [pid, told] of this.#watched) if (told) this.#say(`size ${this.#folderOf.get(pid)}`);
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
    if (line.startsWith("k ")) return this.#keeping.get(Number(line.slice(2)))?.();
    if (line.startsWith("= ")) {
      const [folder, kib] = line.slice(2).split(" ").map(Number) as [number, number];
      const [pid] = [...this.#folderOf].find(([, number]) => number === folder) ?? [];
      const last = this.#last.get(pid!);
      if (last) this.#watched.get(pid!)?.({ ...last, diskBytes: kib * 1024 });
      return;
    }
    // The name, in parentheses, is the process's own choice: count from behind it.
    const pid = Number(line.slice(0, line.indexOf(" ")));
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * 1000 / this.#tick;
    const usage = { cpuMs, residentBytes: Number(fields[21]) * this.#page };
    this.#last.set(pid, usage);
    this.#watched.get(pid)?.(usage);
  }
}

let monitor: Monitor | undefined;

/** A folder that is watched, and the process in it. */
export interface Watched {
  /** A process begins: from now on it is killed when its host is gone. `lost` is called when it can no longer be watched. */
  began(pid: number, lost: () => void): void;
  /** Tell what it uses about every 15 ms, until called with undefined. */
  watch(told: Told | undefined): void;
  /** The process is gone. */
  ended(): void;
  /** Keep what was compiled in the folder, for the next process; to be called when this one is gone. */
  keep(path: string): Promise<void>;
  /** The folder is gone. */
  done(): Promise<void>;
}

/**
 * Watch the folder of a process that is about to begin: it is removed when its host is gone.
 *
 * @throws {TypeError} On a path with a line break.
 */
export function watchFolder(path: string): Watched {
  if (path.includes("\n")) {
    throw new TypeError(
      `Cannot make a sandbox's folder ${JSON.stringify(path)}: it has a line break in its name`,
    );
  }
  const mine = monitor ??= new Monitor(path.slice(0, path.lastIndexOf("/")) || "/");
  mine.users++;
  const folder = mine.addFolder(path);
  let process: number | undefined;
  const ended = () => {
    if (process !== undefined) mine.remove(process);
    process = undefined;
  };
  return {
    began: (pid, lost) => mine.add(process = pid, folder, lost),
    watch: (told) => {
      if (process !== undefined) mine.watch(process, told);
    },
    ended,
    keep: (path) => mine.keep(folder, path),
    done: async () => {
      ended();
      mine.removeFolder(folder);
      if (--mine.users > 0) return;
      if (monitor === mine) monitor = undefined;
      await mine.close();
    },
  };
}
