// All benchmarks one after the other: `deno task bench`. With `--write`, what they found is written to BENCHMARKS.md;
// with `--only=core,signal` only some are run, and the others' sections stay as they are. So does that of a benchmark that
// finds nothing, since its peers are missing, say: it then says why it is old.

interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly budget: number | null;
  readonly sign: string;
  readonly ok: boolean;
}

/** What one benchmark printed. */
export interface Result {
  readonly title: string;
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
  /** Why there are no figures, or not all. */
  readonly trouble: string;
}

/** What a benchmark may take. */
const LIMIT_S = 300;

const root = new URL("../../", import.meta.url);
const target = new URL("BENCHMARKS.md", root);

/** The benchmarks, as the tasks are named. */
function benchmarks(): Map<string, string> {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root))) as {
    tasks: Record<string, { description: string }>;
  };
  const found = Object.entries(tasks).filter(([name]) => name.startsWith("bench:") && name !== "bench:parts");
  return new Map(found.map(([name, { description }]) => [name.slice("bench:".length), description]));
}

/** What a benchmark printed with `--json --all`. */
export function parse(stdout: string, stderr: string, code: number): Result {
  let title = "", notes: readonly string[] = [];
  const rows: Row[] = [], other: string[] = [];
  for (const line of stdout.split("\n").filter((line) => line.trim() !== "")) {
    if (!line.startsWith("{")) {
      other.push(line);
      continue;
    }
    const value = jsonOf(line) as (Row & { title?: string; notes?: readonly string[] }) | undefined;
    if (value?.title !== undefined) [title, notes] = [value.title, value.notes ?? []];
    else if (value?.name !== undefined) rows.push(value);
    else other.push(line);
  }
  const broken = rows.every(({ ok }) => ok) && code !== 0;
  const trouble = broken || rows.length === 0 ? [...other, stderr.trim()].join("\n").trim() : "";
  return { title, notes, rows, trouble };
}

/** A line of JSON; undefined where it is another text. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

async function run(name: string): Promise<Result> {
  const limit = AbortSignal.timeout(1000 * LIMIT_S);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", `bench:${name}`, "--json", "--all"],
    cwd: root,
    env: { NO_COLOR: "1" },
    signal: limit,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const late = limit.aborted ? `It was ended after ${LIMIT_S} s.\n` : "";
  return parse(text(stdout), late + text(stderr), code);
}

const cell = (text: string) => text.replaceAll("|", "\\|");

/** The section of a benchmark. */
export function section(name: string, description: string, machine: string, result: Result): string {
  const rows = result.rows.map(({ name, value, unit, budget, sign, ok }) => {
    const indent = /^\s/.test(name) ? "&nbsp; " : "";
    const kept = budget === null ? "" : ok ? "ok" : "**not kept**";
    return `| ${indent}${cell(name.trim())} | ${value} | ${cell(unit)} | ${
      budget === null ? "" : `${sign} ${budget}`
    } | ${kept} |`;
  });
  return [
    `## ${name}`,
    "",
    `${description}: \`deno task bench:${name}\`. ${result.title === "" ? "" : `${result.title}.`}`,
    "",
    machine,
    "",
    ...(rows.length > 0
      ? ["| what | value | unit | budget | kept |", "| --- | ---: | --- | --- | --- |", ...rows, ""]
      : []),
    ...result.notes.flatMap((note) => [note, ""]),
    ...(result.trouble === ""
      ? []
      : ["It did not end as it should:", "", "```text", result.trouble, "```", ""]),
  ].join("\n");
}

const NOT_AGAIN = "Not measured again";

/** An earlier section as it was, and why there is no newer one. */
export function keptSection(earlier: string, date: string, trouble: string): string {
  const measured = earlier.split(`\n${NOT_AGAIN} `)[0]!.trimEnd();
  return [measured, "", `${NOT_AGAIN} on ${date}:`, "", "```text", trouble, "```", ""].join("\n");
}

/** Sections of an earlier file by name. */
export function sectionsOf(text: string): Map<string, string> {
  return new Map(text.split(/^(?=## )/m).slice(1).map((part) => [/^## (.*)/.exec(part)![1]!.trim(), part]));
}

const HEAD = `# Benchmarks

Written by \`deno task bench --write\`. Each section says where and when it was measured. Budgets are ratios within one
run, or bounds that hold on any machine, unless they say otherwise.

`;

const today = () => new Date().toISOString().slice(0, 10);

/** Where and when something was measured, of which revision, in how long. */
function machineText(seconds: number): string {
  const { model, mhz } = cpu();
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const { deno, v8, typescript } = Deno.version;
  return `Measured ${today()} in ${
    Math.round(seconds)
  } s on ${navigator.hardwareConcurrency} x ${model}${mhz}, ` +
    `${memory} GiB, ${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}; Deno ${deno}, V8 ${v8}, ` +
    `TypeScript ${typescript}${revision()}.`;
}

/** The commit, where there is one. BENCHMARKS.md itself, which is just being written, is no change. */
function revision(): string {
  try {
    const git = (...args: string[]) => {
      const { success, stdout } = new Deno.Command("git", { args, cwd: root, stderr: "null" }).outputSync();
      return success ? new TextDecoder().decode(stdout).trim() : undefined;
    };
    const commit = git("rev-parse", "--short", "HEAD");
    if (commit === undefined) return "";
    const changed = git("status", "--porcelain", "--", ".", ":!BENCHMARKS.md") !== "";
    return `; revision ${commit}${changed ? " with changes" : ""}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "";
  }
}

function cpu(): { model: string; mhz: string } {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    const of = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(text)?.[1]?.trim();
    const numbers = ["vendor_id", "cpu family", "model"].map(of).join(" ");
    const name = of("model name");
    const mhz = of("cpu MHz");
    return {
      model: name && !/^\d+$|unknown/.test(name) ? name : numbers,
      mhz: mhz ? ` at ${Math.round(Number(mhz))} MHz` : "",
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { model: Deno.build.arch, mhz: "" };
  }
}

async function main(): Promise<void> {
  const all = benchmarks();
  const only = Deno.args.find((arg) => arg.startsWith("--only="))?.slice("--only=".length).split(",");
  for (const name of only ?? []) {
    if (all.has(name)) continue;
    console.error(`There is no benchmark "${name}"; there are ${[...all.keys()].join(", ")}`);
    Deno.exit(2);
  }
  const write = Deno.args.includes("--write");
  let before = "";
  try {
    before = await Deno.readTextFile(target);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const sections = sectionsOf(before), seconds: string[] = [];
  for (const [name, description] of all) {
    if (only && !only.includes(name)) continue;
    const started = performance.now(), result = await run(name), took = (performance.now() - started) / 1e3;
    seconds.push(`${name} ${took.toFixed(0)} s`);
    const earlier = sections.get(name);
    const text = result.rows.length === 0 && earlier !== undefined
      ? keptSection(earlier, today(), result.trouble)
      : section(name, description, machineText(took), result);
    console.log(text);
    sections.set(name, text);
    if (result.trouble !== "" || result.rows.some(({ ok }) => !ok)) Deno.exitCode = 1;
    // After each, so that what was measured stays when a later one is broken off.
    if (!write) continue;
    const ordered = [...all.keys()].filter((key) => sections.has(key)).map((key) =>
      sections.get(key)!.trimEnd()
    );
    await Deno.writeTextFile(target, HEAD + ordered.join("\n\n") + "\n");
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--quiet", "BENCHMARKS.md"],
      cwd: root,
    })
      .output();
    if (!success) throw new Error("Cannot format BENCHMARKS.md");
  }
  console.error(`It took: ${seconds.join(", ")}`);
}

if (import.meta.main) await main();
