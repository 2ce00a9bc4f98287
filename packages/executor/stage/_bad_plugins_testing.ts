// Plugins that misbehave as their options say.

import { definePlugin } from "@millrace/core/define";
import { option } from "@millrace/core/option";
import type { Plugin } from "@millrace/core/plugin";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";

const module = import.meta.url;
const SCHEMA = { time: "time", value: "f64" } as const;

const MODES = [
  "well",
  "throw",
  "reject",
  "garbage",
  "columns",
  "exit",
  "exit once",
  "loop",
  "wait",
  "never",
  "keep",
  "hungry",
  "kill once",
  "fill",
] as const;

/** Copies its rows, but for the row whose time is `at`: there it does what `mode` says. */
export const moody: Plugin = definePlugin({
  module,
  export: "moody",
  provides: "moody",
  dependsOn: ["rows"],
  needs: { rows: { time: "time" } },
  version: "1",
  schema: SCHEMA,
  options: {
    mode: option.choice(MODES, { default: "well", help: "What it does" }),
    at: option.integer({ default: 0, help: "Time of the row where it does so; below 0: always" }),
    flag: option.string({ default: "", help: "File that tells that it was done once" }),
  },
  async computeChunk(chunk, { options, emit, signal }) {
    const time = chunk.table.get("time", "time");
    const at = Number(BigInt(options.at) - chunk.t0);
    if (options.at < 0 || time.includes(at)) {
      if (options.mode === "hungry") emit(2 ** 22); // 64 MiB
      const bad = await misbehave(options.mode, options.flag, signal, chunk.table);
      if (bad !== undefined) return bad as null;
    }
    const out = emit(chunk.length);
    for (let i = 0; i < time.length; i++) {
      out.columns.time[i] = time[i]!;
      out.columns.value[i] = 2 * i;
    }
    return out;
  },
});

/** Copies the rows' times. */
function copier(provides: string, input: string): Plugin {
  return definePlugin({
    module,
    export: provides,
    provides,
    dependsOn: [input],
    needs: { [input]: { time: "time" } },
    version: "1",
    dataKind: "rows",
    schema: { time: "time", [`of_${provides}`]: "f64" },
    computeChunk: (chunk, { emit }) => emit(chunk.length),
  }) as unknown as Plugin;
}

/** In front of it, itself, and behind it, computed together. */
export const before: Plugin = copier("before", "rows");
/** `moody` behind `before`. */
export const moodyBehind: Plugin = {
  ...moody,
  dependsOn: ["before"],
  requires: { before: { time: "time" } },
  dataKinds: { moody: "rows" },
  export: "moodyBehind",
};
/** The last of the three. */
export const after: Plugin = copier("after", "moody");

const kept: Table[] = [];

/** `before`, but it keeps its input. */
export const greedy: Plugin = {
  ...before,
  export: "greedy",
  computeChunk(chunk, context) {
    kept.push(chunk.table.share());
    return before.computeChunk!(chunk, context);
  },
};
/** Behind `before`, computed together with it. */
export const behind: Plugin = copier("behind", "before");

async function misbehave(mode: string, flag: string, signal: AbortSignal, input: Table): Promise<unknown> {
  switch (mode) {
    case "throw":
      throw new RangeError("The detector is on fire");
    case "reject":
      await new Promise((_, reject) => setTimeout(() => reject(new TypeError("Late trouble")), 5));
      return;
    case "garbage":
      return 7;
    case "columns":
      return Table.from(schema({ time: "time", other: "i16" }), { time: [1n], other: [2] });
    case "exit":
      Deno.exit(3);
      return;
    case "exit once":
      if (await first(flag)) Deno.exit(3);
      return;
    case "kill once":
      if (await first(flag)) Deno.kill(Deno.pid, "SIGKILL");
      return;
    case "fill": {
      await Deno.writeTextFile(flag, "x", { append: true });
      const all: unknown[] = [];
      for (;;) all.push({ number: all.length });
    }
    case "loop":
      if (flag !== "") await Deno.writeTextFile(flag, String(Deno.pid));
      for (;;);
    case "wait":
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 20_000);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          resolve(undefined);
        });
      });
      return;
    case "never":
      await new Promise(() => {});
      return;
    case "keep":
      kept.push(input.share());
      return;
  }
}

async function first(flag: string): Promise<boolean> {
  try {
    await Deno.writeTextFile(flag, "", { createNew: true });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** With state; waits for ever in its first stretch. */
export const sleeper: Plugin = definePlugin({
  module,
  export: "sleeper",
  provides: "sleeper",
  dependsOn: ["rows"],
  needs: { rows: { time: "time" } },
  version: "1",
  schema: SCHEMA,
  stateful: true,
  computeChunk: () => new Promise<never>(() => {}),
});

/** Keeps a view of its last input as its state: what it gives is the sum of that and of this one. */
export const keeper: Plugin = definePlugin({
  module,
  export: "keeper",
  provides: "keeper",
  dependsOn: ["rows"],
  needs: { rows: { time: "time" } },
  version: "1",
  schema: SCHEMA,
  stateful: { resetOnBreak: false },
  initialState: (): { last: Table | undefined } => ({ last: undefined }),
  computeChunk(chunk, { state, emit }) {
    const time = chunk.table.get("time", "time");
    const out = emit(chunk.length);
    let before = state.last ? state.last.times().at(-1) ?? 0n : 0n;
    for (let i = 0; i < time.length; i++) {
      const now = chunk.t0 + BigInt(time[i]!);
      out.columns.time[i] = time[i]!;
      out.columns.value[i] = Number(now - before);
      before = now;
    }
    if (chunk.length > 0) {
      state.last?.release();
      state.last = chunk.table.share() as unknown as Table;
    }
    return out;
  },
});
