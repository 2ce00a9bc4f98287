// Runs the millrace command as a process of its own, with the permissions that it is documented to need.

const ROOT = new URL("../", import.meta.url);
const path = (name: string) => decodeURIComponent(new URL(name, ROOT).pathname);

/** Permissions that runs in threads need. */
export const PERMISSIONS: readonly string[] = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys"];

/** Permissions of the `millrace` task, which worker processes need. */
export const PROCESS_PERMISSIONS: readonly string[] = taskPermissions();

function taskPermissions(): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  return tasks.millrace.command.split(" ").filter((word: string) => word.startsWith("--allow-"));
}

/** What a command left behind. */
export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly cwd: string;
  readonly permissions?: readonly string[];
}

const words = (permissions: readonly string[]): string[] => [
  "run",
  "--quiet",
  "--no-prompt",
  "--config",
  path("deno.json"),
  ...permissions,
  path("packages/cli/main.ts"),
];

/** The command, not started yet. */
export function command(
  args: readonly string[],
  { cwd, permissions = PERMISSIONS }: CommandOptions,
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [...words(permissions), ...args],
    cwd,
    env: { NO_COLOR: "1", LC_ALL: "C.UTF-8" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Run the command to its end. */
export async function millrace(args: readonly string[], options: CommandOptions): Promise<Result> {
  const { code, stdout, stderr } = await command(args, options).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** The command as one types it into a shell. */
export function commandLine(args: readonly string[], permissions: readonly string[] = PERMISSIONS): string {
  return [Deno.execPath(), ...words(permissions), ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(" ");
}

/** Type text into a shell in which `millrace` is the command. */
export async function shell(
  text: string,
  { cwd, permissions = PERMISSIONS }: CommandOptions,
): Promise<Result> {
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-e", "-c", `millrace() { ${commandLine([], permissions)} "$@"; }\n${text}`],
    cwd,
    env: { NO_COLOR: "1", LC_ALL: "C.UTF-8" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Run the command, which must succeed, and parse what it wrote as JSON. */
export async function millraceJson<T>(args: readonly string[], options: CommandOptions): Promise<T> {
  const { code, out, err } = await millrace([...args, "--json"], options);
  if (code !== 0) throw new Error(`millrace ${args.join(" ")} ended with ${code}: ${err}`);
  return JSON.parse(out) as T;
}

/** A test in a temporary folder that is removed afterwards. */
export function inFolder(work: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir();
    try {
      await work(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

/** All files below a folder, by their path in it, in order. */
export async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (at: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/${at}`)) {
      if (isDirectory) await walk(`${at}${name}/`);
      else files.push(`${at}${name}`);
    }
  };
  await walk("");
  return files.sort();
}

/** The CoMPASS recording with 102 events beside the repository. */
export const REAL_FILE: string = path("../shared/data/compass_test_data.BIN");

/** Whether it is there. */
export const HAS_REAL_FILE: boolean = exists(REAL_FILE);

/** What tests without it are called. */
export const SKIPPED = HAS_REAL_FILE ? "" : " (skipped: ../shared not found)";

function exists(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The folder of the only result of a type: `data/run_7/hits` is given, `data/run_7/hits-4f1a...` is what it is. */
export async function resultFolder(cwd: string, place: string): Promise<string> {
  const at = place.lastIndexOf("/");
  const names = (await Array.fromAsync(Deno.readDir(`${cwd}/${place.slice(0, at)}`))).map(({ name }) => name);
  const [name, ...more] = names.filter((name) => name.startsWith(`${place.slice(at + 1)}-`));
  if (name === undefined || more.length > 0) {
    throw new Error(`${place} has not one folder but ${names.join(", ")}`);
  }
  return `${place.slice(0, at)}/${name}`;
}
