// Files, network, processes, channels: what a plugin without grants asks for, or has without asking.

import assert from "node:assert/strict";
import { moduleOf } from "../../packages/executor/sandbox/_vendor_testing.ts";
import { type Attack, runOnce, testAttacks } from "./_attempt.ts";
import { install } from "./_install.ts";

type Row = readonly [name: string, code: string, end: Attack["end"], more?: Partial<Attack>];

const read = { violates: "read" } as const;
const write = { violates: "write" } as const;
const net = { violates: "net" } as const;
const env = { violates: "env" } as const;
const run = { violates: "run" } as const;
const ffi = { violates: "ffi" } as const;
const sys = { violates: "sys" } as const;
/** The sandbox ended itself, or was ended. */
const dies = (how: RegExp) => ({ fails: how }) as const;
const harmless = (said: RegExp) => ({ computes: said }) as const;
/** Tells what came of it, and goes on. */
const told = (code: string) => `context.notice("" + await (async () => { ${code} })());`;
const caught = (code: string) =>
  told(`try { ${code}; return "got through"; } catch (e) { return "refused: " + e.name + " " + e.message; }`);
const refused = harmless(/^refused/);

const TABLE: Row[] = [
  ["Deno.readTextFile", `console.log(await Deno.readTextFile("SECRET"))`, read],
  ["Deno.readTextFile of /etc/passwd", `console.log(await Deno.readTextFile("/etc/passwd"))`, read],
  [
    "reading the folder above its own",
    `for await (const e of Deno.readDir(new URL("../../../..", import.meta.url))) console.log(e)`,
    read,
  ],
  ["fetch of file:", `console.log(await (await fetch("file://SECRET")).text())`, read],
  ["node:fs", `console.log((await import("node:fs")).readFileSync("SECRET", "utf8"))`, read],
  ["a symbolic link", `await Deno.symlink("SECRET", "./link")`, dies(/requires unscoped --allow-read/)],
  ["node:sqlite of a file", `new ((await import("node:sqlite")).DatabaseSync)("SECRET")`, read],
  [
    "node:sqlite ATTACH",
    caught(`new ((await import("node:sqlite")).DatabaseSync)(":memory:").exec("ATTACH 'SECRET' AS x")`),
    refused,
  ],
  [
    "node:sqlite loadExtension",
    `new ((await import("node:sqlite")).DatabaseSync)(":memory:", { allowExtension: true }).loadExtension("x")`,
    ffi,
  ],
  ["Deno.writeTextFile", `await Deno.writeTextFile("SECRET", "gone")`, write],
  [
    "writing to its own folder",
    `await Deno.writeTextFile(new URL("./mod.ts", import.meta.url), "export {}")`,
    write,
  ],
  ["writing to its working folder", `await Deno.writeTextFile("note", "x")`, write],
  ["Deno.makeTempFile", `await Deno.makeTempFile()`, write],
  ["a heap snapshot", `(await import("node:v8")).writeHeapSnapshot("SECRET")`, write],
  ["Deno.env.get", `console.log(Deno.env.get("HOME"))`, env],
  ["Deno.env.toObject", `console.log(Deno.env.toObject())`, env],
  ["process.env", `console.log((await import("node:process")).default.env.HOME)`, env],
  [
    "/proc/self/environ",
    `console.log(await Deno.readTextFile("/proc/self/environ"))`,
    dies(/Requires|access|--allow-all/),
  ],
  ["Deno.Command", `new Deno.Command("/bin/sh", { args: ["-c", "id"] }).outputSync()`, run],
  ["node:child_process", `(await import("node:child_process")).execFileSync("/bin/sh", ["-c", "id"])`, env],
  ["Deno.dlopen", `Deno.dlopen("libc.so.6", {})`, ffi],
  ["process.dlopen", `(await import("node:process")).default.dlopen({ exports: {} }, "x.node")`, ffi],
  ["Deno.hostname", `console.log(Deno.hostname())`, sys],
  ["node:os", `console.log((await import("node:os")).userInfo())`, sys],
  ["the inspector", `(await import("node:inspector")).open(0)`, sys],
  ["fetch", `await fetch("http://127.0.0.1:PORT/")`, net],
  ["WebSocket", `new WebSocket("ws://127.0.0.1:PORT/")`, net],
  ["Deno.connect", `await Deno.connect({ hostname: "127.0.0.1", port: PORT })`, net],
  [
    "Deno.connect to a Unix socket",
    `await Deno.connect({ transport: "unix", path: "/run/x.sock" })`,
    read,
  ],
  ["Deno.listen", `Deno.listen({ port: 0 })`, net],
  [
    "node:net",
    caught(
      `const net = await import("node:net"); await new Promise((ok, no) => net.connect(PORT, "127.0.0.1").on("error", no).on("connect", ok))`,
    ),
    refused,
  ],
  ["Deno.resolveDns", `await Deno.resolveDns("example.org", "A")`, net],
  ["node:dns", caught(`await (await import("node:dns/promises")).lookup("localhost")`), refused],
  ["a signal to the host", `Deno.kill(HOST, "SIGKILL")`, run],
  [
    "a signal to the host through node:process",
    `(await import("node:process")).default.kill(HOST, "SIGKILL")`,
    run,
  ],
  ["a signal to its parent", `Deno.kill(Deno.ppid, "SIGKILL")`, run],
  ["a signal to its group", `(await import("node:process")).default.kill(0, "SIGKILL")`, run],
  ["a signal to all", `(await import("node:process")).default.kill(-1, "SIGKILL")`, run],
  [
    "SIGKILL to itself",
    `(await import("node:process")).default.kill(Deno.pid, "SIGKILL")`,
    dies(/was killed by SIGKILL/),
  ],
  [
    "SIGUSR2 to itself",
    `Deno.kill(Deno.pid, "SIGUSR2"); await new Promise(() => {})`,
    dies(/was killed by SIGUSR2/),
  ],
  ["SIGSTOP to itself", `Deno.kill(Deno.pid, "SIGSTOP"); for (;;);`, { violates: "wallMs" }, {
    options: { limits: { wallMs: 500 } },
  }],
  ["process.abort", `(await import("node:process")).default.abort()`, dies(/was killed by SIGABRT|exited/)],
  ["Deno.exit", `Deno.exit(0)`, dies(/called Deno\.exit\(0\)/)],
  [
    "process.reallyExit",
    `(await import("node:process")).default.reallyExit(3)`,
    dies(/Deno\.exit|exited with code 3/),
  ],
  ["ignoring SIGTERM, then a loop", `Deno.addSignalListener("SIGTERM", () => {}); for (;;);`, {
    violates: "cpuMs",
  }, { options: { limits: { cpuMs: 300 } } }],
  [
    "asking for permission",
    told(`return (await Deno.permissions.request({ name: "read" })).state`),
    harmless(/^denied/),
  ],
  ["prompt()", told(`return prompt("password?")`), harmless(/^null|^undefined/)],
  ["reading standard input", told(`return await Deno.stdin.read(new Uint8Array(9))`), harmless(/^null/)],
  [
    "writing frames to standard output",
    `Deno.stdout.writeSync(new Uint8Array([0x4d, 0x52, 0x46, 1, 1, 0, 0, 0])); console.log("hello");`,
    harmless(/^$/),
    {},
  ],
  [
    "closing standard output",
    `try { (Deno.stdout as any).close() } catch {}; try { (Deno.stdin as any).close() } catch {}`,
    harmless(/^$/),
  ],
  [
    "writing to the host's pipe",
    caught(
      `(await import("node:fs")).writeSync(4, new Uint8Array(64)); (await import("node:fs")).writeSync(1, "x"); throw new Error("done")`,
    ),
    refused,
  ],
  [
    "opening the host's pipe again",
    `Deno.openSync("/dev/fd/4", { write: true })`,
    write,
  ],
  [
    "stealing from the host's pipe",
    caught(`(await import("node:fs")).readSync(3, new Uint8Array(64))`),
    refused,
  ],
  [
    "closing every resource",
    `for (let i = 0; i < 64; i++) { try { (await import("node:fs")).closeSync(i) } catch {} }`,
    harmless(/^$/),
  ],
  [
    "a worker with more permissions",
    `new Worker("data:text/javascript,1", { type: "module", deno: { permissions: { read: true } } } as never); await new Promise(() => {})`,
    dies(/escalate|unstable|exited/i),
  ],
  [
    "a file read by a nested worker",
    `const found = await new Promise((ok) => {
      const w = new Worker("data:text/javascript," + encodeURIComponent('import s from "file://SECRET" with { type: "text" }; postMessage(s)'), { type: "module" });
      w.onmessage = (e) => ok("got " + e.data); w.onerror = (e) => { e.preventDefault(); ok("refused: " + e.message); };
    }); context.notice(found as string);`,
    refused,
  ],
  [
    "a nested worker that imports from elsewhere",
    `const found = await new Promise((ok) => {
      const w = new Worker("data:text/javascript,import 'http://127.0.0.1:PORT/x.js'; postMessage(1)", { type: "module" });
      w.onmessage = (e) => ok("got " + e.data); w.onerror = (e) => { e.preventDefault(); ok("refused: " + e.message); };
    }); context.notice(found as string);`,
    refused,
  ],
  [
    "a worker from a file",
    caught(
      `await new Promise((ok, no) => { const w = new Worker("file://SECRET.js", { type: "module" }); w.onerror = (e) => { e.preventDefault(); no(new Error(e.message)); }; })`,
    ),
    refused,
  ],
  ["chdir", `Deno.chdir("/")`, read],
  ["umask", `Deno.umask(0)`, sys],
  ["its arguments and folder", told(`return JSON.stringify([Deno.cwd(), Deno.args])`), harmless(/./), {}],
  ["evaluating text", told(`return eval("1 + 1") + new Function("return 2")()`), harmless(/^4/)],
];

const attacks = TABLE.map(([name, inside, end, more]): Attack => ({ name, inside, end, ...more }));
testAttacks("system", attacks);

const channel =
  "globalThis.open ??= new BroadcastChannel('millrace'); globalThis.heard ??= []; open.onmessage = (e) => heard.push(e.data);"
    .replaceAll("globalThis", "(globalThis as any)").replaceAll(" open.", " (globalThis as any).open.")
    .replaceAll("heard.push", "(globalThis as any).heard.push");

testAttacks("channel", [
  {
    name: "BroadcastChannel between two processes of a plugin",
    inside:
      `${channel} (globalThis as any).open.postMessage(Deno.pid); await new Promise((ok) => setTimeout(ok, 50));
      context.notice("heard " + JSON.stringify((globalThis as any).heard));`,
    options: { maxWorkers: 2 },
    end: { computes: /^heard \[\]/ },
  },
]);

Deno.test("channel: what one sandbox puts into caches, no other finds", async () => {
  await using plugin = await install("@evil/plugin@6.6.6", {
    "mod.ts": moduleOf({
      inside: `const cache = await caches.open("x");
        context.notice(String(await cache.match("http://x/y")));
        await cache.put("http://x/y", new Response("left here"));`,
    }),
  });
  for (let again = 0; again < 2; again++) {
    const { error, notices } = await runOnce(plugin, {});
    assert.equal(error, undefined);
    assert.equal(notices[0], "undefined");
  }
});
