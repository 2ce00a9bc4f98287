import assert from "node:assert/strict";
import { analyse } from "./analyse.ts";

const specifiers = (path: string, text: string) =>
  analyse(path, text).imports.map(({ kind, specifier, start, end }) => {
    assert.equal(text.slice(start, end), specifier);
    return `${kind} ${specifier}`;
  });

Deno.test("analyse() finds every way to import", () => {
  const text = `
/// <reference types="./types.d.ts" />
// @ts-types="npm:@types/a@1"
import a from "npm:a@1";
import type { B } from "./b.ts";
import * as c from 'node:fs';
export * from "jsr:@lab/d@^1/sub";
export { e } from "./e.ts";
const f = await import("./f.ts");
const g = await import(\`./g.ts\`);
type H = import("./h.ts").H;
const i = import.meta.resolve("jsr:@lab/i@1");
import j from "./j.json" with { type: "json" };
using k = f();
`;
  assert.deepEqual(specifiers("/mod.ts", text), [
    "type ./types.d.ts",
    "type npm:@types/a@1",
    "static npm:a@1",
    "type ./b.ts",
    "static node:fs",
    "static jsr:@lab/d@^1/sub",
    "static ./e.ts",
    "dynamic ./f.ts",
    "dynamic ./g.ts",
    "type ./h.ts",
    "resolve jsr:@lab/i@1",
    "static ./j.json",
  ]);
});

Deno.test("analyse() finds JSX sources and reads JSX", () => {
  const text = '/** @jsxImportSource npm:hono@4/jsx */\nexport const A = () => <b class="x">1</b>;';
  assert.deepEqual(specifiers("/a.tsx", text), ["type npm:hono@4/jsx"]);
  assert.equal(analyse("/a.tsx", text).error, undefined);
});

Deno.test("analyse() names the lines of computed imports", () => {
  assert.deepEqual(
    analyse("/a.ts", "const x = 'a';\nawait import(x);\nawait import('./' + x);").computedImports,
    [2, 3],
  );
});

Deno.test("analyse() says where text cannot be read", () => {
  assert.deepEqual(analyse("/a.ts", "export const a = 1;\nconst b = ;").error, {
    message: "Unexpected token",
    line: 2,
    column: 11,
  });
  assert.match(analyse("/a.ts", "[".repeat(200_000)).error!.message, /nested too deeply|Unexpected token/);
});

Deno.test("analyse() tells CommonJS from a module that makes its own require()", () => {
  assert.equal(analyse("/a.js", "const a = 1;\nmodule.exports = a;").commonJs, 2);
  assert.equal(analyse("/a.js", "exports.a.b = 1;").commonJs, 1);
  assert.equal(analyse("/a.ts", "export const a = require('a');").commonJs, 1);
  assert.equal(analyse("/a.ts", "import a = require('a');").commonJs, 1);
  assert.equal(analyse("/a.ts", "export = 1;").commonJs, 1);
  assert.equal(
    analyse(
      "/a.ts",
      "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url); require('a')",
    ).commonJs,
    undefined,
  );
});

Deno.test("analyse() finds types that it would add to every program", () => {
  assert.equal(analyse("/a.ts", "export {};\ndeclare global { interface Window { a: 1 } }").globalTypes, 2);
  assert.equal(analyse("/a.ts", 'declare module "x" { export const a: 1; }').globalTypes, 1);
  assert.equal(analyse("/a.ts", "declare namespace A { const a: 1; }").globalTypes, undefined);
});

Deno.test("analyse() reads what plugins declare", () => {
  const facts = analyse(
    "/a.ts",
    `
export const one: Plugin = definePlugin({
  provides: "one", dependsOn: ["a", "b"],
  schema: { time: "time", x: "f32" },
  options: {
    threshold: option.number({ default: -1, unit: "ADC", min: LOWEST, perChannel: true }),
    mode: option.choice(["a", "b"] as const, { default: "a", track: false }),
    other: make(),
    spread: option.time({ ...MORE, default: "20 ns" }),
  },
});
const two = definePlugin({
  provides: ["x", "y"], dependsOn: NAMES, options: OPTIONS, schema: { x: { time: "time" }, y: schema(Y) },
} satisfies object);
export { two as second };
export class Three extends StreamingPlugin { override readonly provides: string = "three"; dependsOn = ["one"]; }
export * from "./more.ts";
export { four } from "./four.ts";
export default class extends SourcePlugin { provides = "d"; }
`,
  );
  assert.deepEqual(facts.plugins.one, {
    by: "definePlugin",
    provides: ["one"],
    dependsOn: ["a", "b"],
    options: {
      threshold: {
        kind: "number",
        settings: { default: -1, unit: "ADC", perChannel: true },
        computed: ["min"],
        choices: undefined,
      },
      mode: { kind: "choice", settings: { default: "a", track: false }, computed: [], choices: ["a", "b"] },
      other: { kind: undefined, settings: {}, computed: undefined, choices: undefined },
      spread: { kind: "time", settings: {}, computed: undefined, choices: undefined },
    },
    schema: { one: { time: "time", x: "f32" } },
  });
  assert.deepEqual(facts.plugins.two!.schema, { x: { time: "time" } });
  assert.equal(facts.plugins.two!.options, undefined);
  assert.deepEqual(facts.plugins.two!.provides, ["x", "y"]);
  assert.equal(facts.plugins.two!.dependsOn, undefined);
  assert.deepEqual(facts.plugins.Three!.dependsOn, ["one"]);
  assert.deepEqual(facts.plugins.default!.provides, ["d"]);
  assert.deepEqual(facts.exports, {
    one: { local: "one" },
    second: { local: "two" },
    Three: { local: "Three" },
    four: { from: "./four.ts", name: "four" },
    default: { local: "default" },
  });
  assert.deepEqual(facts.exportAll, ["./more.ts"]);
});
