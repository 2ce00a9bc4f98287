// Time, memory and floods: what a plugin takes of the machine without asking.

import { type Attack, testAttacks } from "./_attempt.ts";

const MIB = 2 ** 20;
const wall = {
  options: { limits: { wallMs: 400 } },
  end: { violates: "wallMs", says: /took \d+ ms.*400 are allowed.*"limits": \{"wallMs":/ },
} as const;
const cpu = {
  options: { limits: { cpuMs: 300 } },
  end: { violates: "cpuMs", says: /processor time.*300 are allowed/ },
} as const;
const memory = {
  options: { limits: { residentBytes: 256 * MIB, heapBytes: 1024 * MIB } },
  end: { violates: "residentBytes" },
} as const;
const worker = (code: string) =>
  `new Worker("data:text/javascript," + encodeURIComponent(${JSON.stringify(code)}), { type: "module" })`;

const attacks: Attack[] = [
  { name: "endless loop, by the clock", inside: "for (;;);", ...wall },
  { name: "endless loop, by processor time", inside: "for (;;);", ...cpu },
  { name: "endless loop while it is loaded", before: "for (;;);", ...cpu },
  { name: "endless microtasks", inside: "for (;;) await undefined;", ...cpu },
  { name: "a regular expression that backtracks", inside: `/^(a+)+$/.test("a".repeat(60) + "b");`, ...cpu },
  { name: "Atomics.wait", inside: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);", ...wall },
  { name: "a promise that never settles", inside: "await new Promise(() => {});", ...wall },
  {
    name: "a promise that never settles while it is loaded",
    before: "await new Promise(() => {});",
    ...wall,
  },
  { name: "a bigint that takes for ever", inside: "let x = 3n; for (;;) x **= 3n;", ...cpu },
  {
    name: "busy nested workers behind an idle plugin",
    inside: `for (let i = 0; i < 2; i++) ${worker("for (;;);")}; await new Promise(() => {});`,
    ...cpu,
  },
  {
    name: "heap",
    inside: "const kept: unknown[] = []; for (;;) kept.push(new Array(1000).fill(kept.length));",
    options: { limits: { heapBytes: 64 * MIB } },
    end: { violates: "heapBytes", says: /more than 67108864 bytes of JavaScript heap/ },
  },
  {
    name: "heap in a nested worker",
    inside: `${
      worker("const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length));")
    }; await new Promise(() => {});`,
    options: { limits: { heapBytes: 64 * MIB } },
    end: { violates: "heapBytes" },
  },
  {
    name: "a string that doubles",
    inside: `let s = "x"; for (;;) s += s;`,
    end: { fails: /Invalid string length/ },
  },
  { name: "stack", inside: "const f = (): number => f() + 1; f();", end: { fails: /Maximum call stack/ } },
  {
    name: "ArrayBuffers, filled",
    inside: "const kept: unknown[] = []; for (;;) kept.push(new Uint8Array(8 * 2 ** 20).fill(1));",
    ...memory,
  },
  {
    name: "ArrayBuffers, not filled",
    inside: "const kept: unknown[] = []; for (;;) kept.push(new ArrayBuffer(2 ** 30));",
    ...memory,
    end: { fails: /Array buffer allocation failed/ },
  },
  {
    name: "WASM memory",
    inside: `const kept: unknown[] = []; for (;;) {
      const m = new WebAssembly.Memory({ initial: 1024 }); new Uint8Array(m.buffer).fill(1); kept.push(m); }`,
    ...memory,
    end: { fails: /residentBytes|bytes of memory|could not allocate|allocation failed/i },
  },
  {
    name: "shared memory",
    inside:
      "const kept: unknown[] = []; for (;;) kept.push(new Uint8Array(new SharedArrayBuffer(8 * 2 ** 20)).fill(1));",
    ...memory,
  },
  {
    name: "400 nested workers",
    inside: `for (let i = 0; i < 400; i++) ${
      worker("setInterval(() => {}, 1000)")
    }; await new Promise(() => {});`,
    options: { limits: { residentBytes: 192 * MIB, wallMs: 4000 } },
    end: { fails: /bytes of memory|wants|killed by|exited|took|processor/ },
  },
  {
    name: "a flood on standard output",
    inside: `const line = "x".repeat(65536); for (;;) console.log(line);`,
    options: { limits: { outputBytes: 8 * MIB, wallMs: 10_000 } },
    end: { fails: /gave \d+ bytes|messages within a second/ },
  },
  {
    name: "a flood of single lines",
    inside:
      `for (;;) { Deno.stdout.writeSync(new Uint8Array([10])); await new Promise((ok) => setTimeout(ok)); }`,
    options: { limits: { messagesPerSecond: 50, wallMs: 10_000 } },
    end: { violates: "messagesPerSecond" },
  },
  {
    name: "a result that is too large",
    inside:
      `const kept = context.emit(2 ** 20); kept.columns.time.fill(0); kept.columns.value.fill(0); return kept;`,
    options: { limits: { outputBytes: 4 * MIB } },
    end: { violates: "outputBytes", says: /4194304 are allowed/ },
  },
  {
    name: "filling the disk through caches",
    inside: `const cache = await caches.open("x");
      for (let i = 0; ; i++) await cache.put("http://x/" + i, new Response(new Uint8Array(2 ** 20)));`,
    options: { limits: { diskBytes: 32 * MIB, wallMs: 20_000 } },
    end: { violates: "diskBytes", says: /keeps \d+ bytes in its folder.*33554432 are allowed/ },
  },
  {
    name: "filling the disk a little with each stretch",
    inside: `const cache = await caches.open("x");
      for (let i = 0; i < 40; i++) await cache.put("http://x/" + Math.random(), new Response(new Uint8Array(2 ** 20)));
      await new Promise((ok) => setTimeout(ok, 800));`,
    options: { limits: { diskBytes: 64 * MIB } },
    end: { violates: "diskBytes" },
  },
  {
    name: "memory that grows between calls",
    inside: `const all = ((globalThis as any).all ??= []); all.push(new Uint8Array(150 * MIB).fill(1));
      await new Promise((ok) => setTimeout(ok, 100));`.replaceAll("MIB", String(MIB)),
    ...memory,
  },
  {
    name: "a drip that stays below the wall limit of a call",
    inside: `await new Promise((ok) => setTimeout(ok, 300));`,
    options: { limits: { wallMs: 2000 } },
    end: { computes: /^$/ },
  },
  {
    name: "work that is begun when it is described and goes on",
    before: `setTimeout(() => { for (;;); }, 0);`,
    ...cpu,
  },
  {
    name: "a result of 2^40 rows",
    inside: `return context.emit(2 ** 40);`,
    end: { fails: /./ },
  },
  {
    name: "notices without end",
    inside: `for (let i = 0; i < 5000; i++) context.notice("hello " + i);`,
    end: { violates: "protocol", says: /at most 100 a call/ },
  },
  {
    name: "a notice of 8 MiB",
    inside: `context.notice("x".repeat(2 ** 23));`,
    end: { fails: /sent what can't be read|gave \d+ bytes/ },
  },
  { name: "an error of 8 MiB", inside: `throw new Error("x".repeat(2 ** 23));`, end: { fails: /./ } },
  {
    name: "an unhandled rejection",
    inside: `Promise.reject(new Error("late trouble")); await new Promise(() => {});`,
    end: { fails: /died of an uncaught error: .*late trouble/ },
  },
  {
    name: "an error in a timer",
    inside: `setTimeout(() => { throw new Error("late trouble"); }); await new Promise(() => {});`,
    end: { fails: /died of an uncaught error: .*late trouble/ },
  },
  {
    name: "a timer that goes on after its answer",
    inside:
      "setInterval(() => { const until = performance.now() + 5; while (performance.now() < until); }, 1);",
    end: { computes: /^$/ },
  },
  {
    name: "a stretch that is skipped where its user says so",
    inside: "if (chunk.start === 0n) for (;;);",
    options: { limits: { cpuMs: 300 }, onViolation: "skip" },
    end: { computes: /^Skipped: Plugin "@evil\/plugin-\d+@6\.6\.6" used \d+ ms of processor time/ },
  },
];

testAttacks("resources", attacks);
