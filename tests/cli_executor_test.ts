import assert from "node:assert/strict";
import { command, inFolder, millrace, millraceJson, PROCESS_PERMISSIONS } from "./_cli.ts";
import { checkTrace, type TraceEvent } from "../packages/core/context/_trace_testing.ts";

interface Summary {
  executor: string;
  workers: number;
  plugins: {
    plugin: string;
    executor: string;
    rows: number | null;
    busyMs: number;
    waitMs: number;
    backpressureMs: number;
  }[];
}

const KINDS = Deno.build.os === "windows" ? ["thread", "inline"] : ["thread", "process", "inline"];
const TYPES = "records,hit_threshold,basic_features";

/** Says for each record where it was computed. */
const WHERE = `
import { definePlugin } from "@millrace/core/define";
const plain = (provides: string) => definePlugin({
  provides,
  dependsOn: ["records"],
  version: "1",
  dataKind: "records",
  schema: { time: "time", inThread: "f32", pid: "f64" },
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    out.columns.inThread.fill("WorkerGlobalScope" in globalThis ? 1 : 0);
    out.columns.pid.fill(Deno.pid);
    return out;
  },
});
export const where = plain("where");
export const again = where;
export default plain("somewhere");
export const helper = 7;
`;

async function simulate(cwd: string): Promise<void> {
  await millraceJson(["sim", "--out", "run_1", "--rate", "5kHz", "--duration", "200ms"], { cwd });
}

Deno.test(
  "millrace run gives the same rows with every executor, and says where and with how many workers",
  inFolder(async (cwd) => {
    await simulate(cwd);
    const rows = new Map<string, string>();
    for (const kind of KINDS) {
      const workers = kind === "inline" ? [] : ["--workers", "2"];
      const run = [
        "run",
        "run_1",
        "--type",
        TYPES,
        "--store",
        kind,
        "--executor",
        kind,
        "--chunk-size",
        "300",
      ];
      const summary = await millraceJson<Summary>([...run, ...workers], {
        cwd,
        permissions: PROCESS_PERMISSIONS,
      });
      assert.ok(summary.executor.includes(kind), summary.executor);
      assert.equal(summary.workers, kind === "inline" ? 0 : 2);
      for (const plugin of summary.plugins) {
        if (plugin.plugin !== "raw_files") assert.equal(plugin.executor, kind);
        assert.ok(plugin.busyMs > 0 && plugin.waitMs >= 0 && plugin.backpressureMs >= 0);
      }
      for (const type of TYPES.split(",")) {
        const { out, err } = await millrace(["show", kind, "run_1", type, "--limit", "all"], { cwd });
        assert.equal(out, rows.get(type) ?? out, `${type} with ${kind}`);
        assert.equal(err, "");
        rows.set(type, out);
      }
    }
  }),
);

Deno.test(
  "millrace uses threads by default, and tells them in the table",
  inFolder(async (cwd) => {
    await simulate(cwd);
    const request = ["run_1", "--type", "hit_threshold", "--store", "data"];
    const plan = await millrace(["plan", ...request], { cwd });
    assert.match(plan.out, /^Run "run_1": hit_threshold \(executor: thread\)$/m);
    const elsewhere = await millrace(["plan", ...request, "--executor", "inline"], { cwd });
    assert.match(elsewhere.out, /\(executor: inline\)$/m);
    const run = await millrace(["run", ...request, "--workers", "1"], { cwd });
    assert.match(run.out, /^plugin +rows +size +rows\/s +MB\/s +busy +wait +stored in$/m);
    assert.match(run.out, /, executor thread with 1 worker$/m);
    assert.equal(run.err, "");
  }),
);

Deno.test(
  "millrace run says where it computed in words: what processes cannot read is read beside them",
  inFolder(async (cwd) => {
    await simulate(cwd);
    for (
      const [args, where] of [
        [["--executor", "process"], "process with up to \\d+ workers?, raw_files in the main process"],
        [["--executor", "process", "--workers", "1"], "process with 1 worker, raw_files in the main process"],
        [["--executor", "inline", "--workers", "1"], "inline"],
      ] as const
    ) {
      const request = ["run", "run_1", "--type", "hit_threshold", "--store", "data", "--fresh"];
      const { out, err } = await millrace([...request, ...args], { cwd, permissions: PROCESS_PERMISSIONS });
      assert.match(out, new RegExp(`, executor ${where}$`, "m"), err);
    }
  }),
);

Deno.test(
  "millrace --plugin computes a user's plugins in workers, from a file and from a URL",
  inFolder(async (cwd) => {
    await simulate(cwd);
    await Deno.mkdir(`${cwd}/mine`);
    await Deno.writeTextFile(`${cwd}/mine/where.ts`, WHERE);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () =>
        new Response(WHERE.replace('"where"', '"afar"'), { headers: { "content-type": "text/typescript" } }),
    );
    const host = `127.0.0.1:${server.addr.port}`;
    const permissions = [...PROCESS_PERMISSIONS, `--allow-import=${host}`, "--no-lock"];
    const plugin = (place: string) => ["--plugin", place];
    const mine = plugin("mine/where.ts");

    const list = await millrace(["plugins", ...mine], { cwd });
    assert.match(list.out, /^where +records/m);
    assert.match(list.out, /^somewhere +records/m);
    const [{ module, export: name }] = [
      await millraceJson<{ module: string; export: string }>(["plugins", "where", ...mine], { cwd }),
    ];
    assert.match(module, /^file:.*\/mine\/where\.ts$/);
    assert.ok(["where", "again"].includes(name));

    for (const kind of KINDS) {
      const request = ["--type", "where,somewhere", "--store", kind, "--executor", kind];
      const child = command(["run", "run_1", ...request, ...mine, "--quiet"], { cwd, permissions }).spawn();
      const { code, stderr } = await child.output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const rows = await millraceJson<{ inThread: number; pid: number }[]>(["show", kind, "run_1", "where"], {
        cwd,
      });
      assert.ok(rows.length > 100);
      for (const { inThread, pid } of rows) {
        assert.equal(inThread, kind === "thread" ? 1 : 0);
        assert.equal(pid === child.pid, kind !== "process");
      }
    }

    const remote = plugin(`http://${host}/mine/afar.ts`);
    const far = ["run", "run_1", "--type", "afar", "--store", "far", "--executor", "thread", ...remote];
    const summary = await millraceJson<Summary>(far, { cwd, permissions });
    assert.ok(summary.plugins.some(({ plugin, executor }) => plugin === "afar" && executor === "thread"));
  }),
);

const BAD: [name: string, text: string | undefined, message: RegExp][] = [
  [
    "is not there",
    undefined,
    /^millrace: Cannot load plugins from "bad\.ts": Module not found "file:.*bad\.ts"/,
  ],
  [
    "throws",
    '\nthrow new RangeError("no calibration");',
    /^millrace: Cannot load plugins from "bad\.ts": no calibration \(line 2, column 7\)\n$/,
  ],
  [
    "is no TypeScript",
    "export const = 3;",
    /^millrace: Cannot load plugins from "bad\.ts": SyntaxError: .*Unexpected/s,
  ],
  [
    "exports nothing",
    "export {};",
    /^millrace: Cannot take plugins from "bad\.ts": it exports none \(nothing\); write/,
  ],
  [
    "exports no plugin",
    "export const a = 1, b = class {};",
    /it exports none \(only a, b\); write e\.g\. export const/,
  ],
  [
    "provides a type that there is",
    WHERE.replace('"where"', '"hit_threshold"'),
    /^millrace: Cannot use the plugin "hit_threshold" from "bad\.ts": "hit_threshold" is provided already, by the one from the built-in ones; let it provide another name\n$/,
  ],
  [
    "has a class that cannot be made",
    'import { StreamingPlugin } from "@millrace/core/classes";\n' +
    'export class Mine extends StreamingPlugin { constructor() { super(); throw new Error("no luck"); } }',
    /^millrace: Cannot take the plugin "Mine" from "bad\.ts": no luck\n$/,
  ],
];
for (const [name, text, message] of BAD) {
  Deno.test(
    `millrace --plugin explains a module that ${name}`,
    inFolder(async (cwd) => {
      if (text !== undefined) await Deno.writeTextFile(`${cwd}/bad.ts`, text);
      const { code, err, out } = await millrace(["plugins", "--plugin", "bad.ts"], { cwd });
      assert.match(err, message);
      assert.deepEqual([code, out], [1, ""]);
    }),
  );
}

Deno.test(
  "millrace --plugin explains two modules that provide the same type",
  inFolder(async (cwd) => {
    for (const file of ["a.ts", "b.ts"]) await Deno.writeTextFile(`${cwd}/${file}`, WHERE);
    const { err } = await millrace(["plugins", "--plugin", "a.ts", "--plugin", "b.ts"], { cwd });
    assert.match(
      err,
      /Cannot use the plugin "\w+" from "b\.ts": "\w+" is provided already, by the one from "a\.ts"; let it/,
    );
  }),
);

const MISUSE: [args: string[], message: RegExp][] = [
  [["--executor", "proces"], /Cannot use "proces" as --executor: there are thread, process, inline\n/],
  [["--workers", "0"], /Cannot use "0" as --workers: give a whole number above 0\n/],
  [["--workers", "1.5"], /Cannot use "1\.5" as --workers/],
  [
    ["--workers", "100000"],
    /Cannot use --workers 100000: at most \d+; more than the machine's \d+ processors seldom help\n/,
  ],
  [
    ["--workers", "2", "--executor", "inline"],
    /Cannot use --workers 2 with --executor inline, which computes one thing at a time; leave one of/,
  ],
];
if (Deno.build.os !== "windows") {
  MISUSE.push([
    ["--executor", "process"],
    /Cannot start worker processes: they need the permission --allow-run=\/bin\/sh \(behind "deno run"\); or use --executor thread/,
  ]);
}
Deno.test(
  "millrace run explains settings of executors that cannot be, before anything is done",
  inFolder(async (cwd) => {
    await simulate(cwd);
    for (const [args, message] of MISUSE) {
      const run = ["run", "run_1", "--type", "records", "--store", "data"];
      const { code, err } = await millrace([...run, ...args], { cwd });
      assert.match(err, message);
      assert.equal(code, 2);
    }
    assert.deepEqual((await Array.fromAsync(Deno.readDir(cwd))).map(({ name }) => name), ["run_1"]);
  }),
);

for (const kind of KINDS) {
  Deno.test(
    `millrace run --trace shows what ran where (${kind})`,
    inFolder(async (cwd) => {
      await simulate(cwd);
      const run = ["run", "run_1", "--type", "hit_threshold", "--store", "data", "--chunk-size", "200"];
      const args = [...run, "--executor", kind, "--trace", "trace.json"];
      const { code, err } = await millrace(args, { cwd, permissions: PROCESS_PERMISSIONS });
      assert.equal(code, 0, err);
      const events = JSON.parse(await Deno.readTextFile(`${cwd}/trace.json`)) as TraceEvent[];
      checkTrace(events);
      const threads = new Map(
        events.filter(({ name }) => name === "thread_name").map(({ tid, args }) => [tid, String(args!.name)]),
      );
      const stage = events.filter(({ name }) => name === "compute records > hit_threshold");
      assert.ok(stage.length >= 10);
      const wanted = kind === "inline" ? /^main$/ : new RegExp(`^${kind} \\d+$`);
      for (const { tid, args } of stage) {
        assert.match(threads.get(tid)!, wanted);
        assert.ok((args!.wait_ms as number) >= 0);
      }
      for (const name of ["read raw_files", "write hit_threshold", "hit_threshold", "records"]) {
        assert.ok(events.some((event) => event.name === name && event.ph === "X"), name);
      }
    }),
  );
}

Deno.test(
  "millrace run says that a trace cannot be written, before anything is done",
  inFolder(async (cwd) => {
    await simulate(cwd);
    const run = ["run", "run_1", "--type", "records", "--store", "data", "--trace", "none/trace.json"];
    const { code, err } = await millrace(run, { cwd });
    assert.match(err, /^millrace: Cannot write the trace "none\/trace\.json": No such file or directory/);
    assert.equal(code, 1);
  }),
);

/** Says whether it may start the one program that the command may. */
const STARTS = `
import { definePlugin } from "@millrace/core/define";
export const starts = definePlugin({
  provides: "starts",
  dependsOn: ["records"],
  version: "1",
  dataKind: "records",
  schema: { time: "time", may: "f32" },
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    const { state } = Deno.permissions.querySync({ name: "run", command: "/bin/sh" });
    out.columns.may.fill(state === "granted" ? 1 : 0);
    return out;
  },
});
`;

Deno.test(
  "millrace run has no right to start programs while plugins compute",
  inFolder(async (cwd) => {
    await simulate(cwd);
    await Deno.writeTextFile(`${cwd}/starts.ts`, STARTS);
    const run = ["run", "run_1", "--type", "starts", "--plugin", "starts.ts"];
    for (const kind of KINDS) {
      await millraceJson([...run, "--store", kind, "--executor", kind], {
        cwd,
        permissions: PROCESS_PERMISSIONS,
      });
      const rows = await millraceJson<{ may: number }[]>(["show", kind, "run_1", "starts"], { cwd });
      assert.ok(rows.length > 0);
      assert.ok(rows.every(({ may }) => may === 0), kind);
    }
  }),
);
