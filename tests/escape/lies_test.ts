// A plugin that lies: it shares a realm with the code that speaks for it, and changes what that says.

import { type Attack, testAttacks } from "./_attempt.ts";

const declaration = { violates: "declaration" } as const;
const protocol = { violates: "protocol" } as const;
/** What it declares, changed. */
const declares = (change: string) =>
  `const stringify = JSON.stringify;
JSON.stringify = ((value: any, ...rest: any[]) => {
  if (value?.provides) { ${change} }
  return (stringify as any)(value, ...rest);
}) as typeof JSON.stringify;`;
const says = (text: string) => `JSON.stringify = (() => ${text}) as typeof JSON.stringify;`;
/** The answer's parts, changed on their way into the message. */
const answers = (change: string) =>
  `const map = Array.prototype.map;
let seen = 0; // the last one counts
Array.prototype.map = function (this: any[], ...given: any[]) {
  const made: any = (map as any).apply(this, given);
  if (made.length === 1 && made[0]?.[0] === "doubled" && made[0][1] instanceof Uint8Array && ++seen % 2 === 0) { const part = made[0]; ${change} }
  return made;
} as any;`;
/** The table's bytes, changed before they leave. */
const tables = (change: string) =>
  `import { Table as T } from "@millrace/core/table";
const toBuffer = T.prototype.toBuffer;
T.prototype.toBuffer = function (this: any) {
  const buffer = toBuffer.call(this); const view = new DataView(buffer); const bytes = new Uint8Array(buffer);
  ${change}
  return buffer;
} as any;`;

const attacks: Attack[] = [
  { name: "a declaration that is no JSON", before: says(`"{"`), end: declaration },
  { name: "a declaration that is null", before: says(`"null"`), end: declaration },
  { name: "a declaration that is a number", before: says("7"), end: declaration },
  { name: "a declaration of 1 MiB", before: says(`'"' + "x".repeat(2 ** 20 - 100) + '"'`), end: declaration },
  {
    name: "a declaration of 64 MiB",
    before: says(`"x".repeat(2 ** 26)`),
    end: { fails: /sent what can't be read/ },
  },
  {
    name: "__proto__ in a declaration",
    before: says(`'{"__proto__":{"polluted":true},"kind":"streaming"}'`),
    end: { ...declaration, says: /__proto__/ },
    check: clean,
  },
  {
    name: "constructor in a declaration",
    before: declares(`value.requires = { constructor: { prototype: { time: "time" } } };`),
    end: declaration,
    check: clean,
  },
  {
    name: "a type named __proto__",
    before: declares(`value.provides = ["__proto__"]; value.name = "__proto__";`),
    end: declaration,
    check: clean,
  },
  { name: "nested 100,000 levels deep", before: says(`"[".repeat(100_000)`), end: declaration },
  {
    name: "help of a column that it has not",
    before: declares(`value.columnHelp = { other: { unit: "ps", help: "" } };`),
    end: { ...declaration, says: /"other" is in one of columnHelp and schemas only/ },
  },
  {
    name: "help of a column that moves the cursor",
    before: declares(`value.columnHelp = { value: { unit: "\\u001b[2J", help: "" } };`),
    end: { ...declaration, says: /columnHelp\.value\.unit: has control characters/ },
  },
  { name: "an unknown kind", before: declares(`value.kind = "host";`), end: declaration },
  {
    name: "a name that is not the first that it provides",
    before: declares(`value.name = "other";`),
    end: declaration,
  },
  {
    name: "a thousand types",
    before: declares(`value.provides = Array.from({ length: 1000 }, (_, i) => "t" + i);`),
    end: declaration,
  },
  {
    name: "a schema of another type",
    before: declares(`value.schemas = { other: { time: "time" } };`),
    end: declaration,
  },
  {
    name: "a column type that there is not",
    before: declares(`value.schemas.doubled.value = "f65";`),
    end: declaration,
  },
  {
    name: "a column 2^31 wide",
    before: declares(`value.schemas.doubled.value = "f64[99999999999]";`),
    end: declaration,
  },
  {
    name: "a schema without time",
    before: declares(`value.schemas.doubled = { value: "f64" };`),
    end: declaration,
  },
  {
    name: "an option that is no option",
    before: declares(`value.options = { x: { type: "function", settings: {} } };`),
    end: declaration,
  },
  {
    name: "an option with contradicting limits",
    before: declares(
      `value.options = { x: { type: "number", settings: { help: "x", default: 1, min: 5 } } };`,
    ),
    end: declaration,
  },
  {
    name: "a halo of -1",
    before: declares(`value.geometry = { halo: { left: -1, right: 0 } };`),
    end: declaration,
  },
  {
    name: "escape sequences in its help",
    before: declares(`value.help = "\\x1b]0;pwned\\x07\\x1b[2J";`),
    end: declaration,
  },
  {
    name: "a version of 1000 characters",
    before: declares(`value.version = "1".repeat(1000);`),
    end: declaration,
  },
  {
    name: "a module that the host should import",
    before: declares(`value.module = "file:///tmp/evil.ts";`),
    end: declaration,
  },
  {
    name: "an answer for a type that it does not provide",
    before: answers(`part[0] = "rows";`),
    end: protocol,
  },
  {
    name: "an answer named __proto__",
    before: answers(`part[0] = "__proto__";`),
    end: protocol,
    check: clean,
  },
  { name: "no table", before: answers(`part[1] = 7;`), end: protocol },
  { name: "bytes that are no table", before: answers(`part[1] = new Uint8Array(4096);`), end: protocol },
  {
    name: "a place outside the file",
    before: answers(`part[1] = { at: 2 ** 40, bytes: 4096 };`),
    end: protocol,
  },
  { name: "a place of negative size", before: answers(`part[1] = { at: 0, bytes: -1 };`), end: protocol },
  {
    name: "a place of 2^52 bytes",
    before: answers(`part[1] = { at: 0, bytes: 2 ** 52 };`),
    end: { violates: "outputBytes" },
  },
  {
    name: "a list of a million tables",
    before: answers(`while (made.length < 1000) made.push(part);`),
    end: protocol,
  },
  {
    name: "another schema",
    before: tables(
      `const at = 64 + 32 * 2; const text = new TextEncoder().encode('{"time":"time","valUe":"f64"}'); bytes.set(text, at);`,
    ),
    end: { ...protocol, says: /it declares/ },
  },
  { name: "more rows than there are", before: tables(`view.setBigUint64(16, 1000n, true);`), end: protocol },
  { name: "2^60 rows", before: tables(`view.setBigUint64(16, 2n ** 60n, true);`), end: protocol },
  {
    name: "a column outside its buffer",
    before: tables(`view.setBigUint64(64, 2n ** 40n, true);`),
    end: protocol,
  },
  {
    name: "times of another run",
    before: tables(`view.setBigInt64(24, -(2n ** 62n), true);`),
    end: { ...protocol, says: /not in its place/ },
  },
  {
    name: "times that are no numbers",
    inside: `const lie = context.emit(1); lie.columns.time[0] = NaN; lie.columns.value[0] = 0; return lie;`,
    end: { fails: /whole picoseconds/ },
  },
  {
    name: "times that are no numbers, past its own check",
    before: tables(`new Float64Array(buffer, Number(view.getBigUint64(64, true)), 1)[0] = Infinity;`),
    end: { fails: /whole picoseconds/ },
  },
  {
    name: "times of 2^53",
    inside:
      `const lie = context.emit(1); lie.columns.time[0] = 2 ** 53; lie.columns.value[0] = 0; return lie;`,
    end: { fails: /whole picoseconds|starts at .* ps|ends? at/ },
  },
  {
    name: "rows in the wrong order",
    inside:
      `const lie = context.emit(2); lie.columns.time.set([9, 3]); lie.columns.value.fill(0); return lie;`,
    end: { fails: /order|before|after/ },
  },
  {
    name: "getters that throw, for an answer",
    inside: `return new Proxy({}, { get() { throw new Error("got you"); } }) as never;`,
    end: { fails: /got you|./ },
  },
  {
    name: "getters that never end, for an answer",
    inside: `return new Proxy({}, { get() { for (;;); } }) as never;`,
    options: { limits: { cpuMs: 300 } },
    end: { violates: "cpuMs" },
  },
  {
    name: "rows of the past",
    inside: `const lie = context.emit(1); lie.columns.time[0] = -5; lie.columns.value[0] = 0; return lie;`,
    end: { fails: /starts at .* ps/ },
  },
  {
    name: "a polluted prototype on its own side",
    before: `(Object.prototype as any).polluted = true; (Array.prototype as any).polluted = true;`,
    end: { computes: undefined },
    check: clean,
  },
  {
    name: "a thenable for an answer",
    inside: `return { then(ok: (v: unknown) => void) { ok({ __proto__: { polluted: 1 } }); } } as never;`,
    end: { fails: /./ },
    check: clean,
  },
  {
    name: "an error that is none",
    inside: `throw { toString() { throw 1; }, name: { toString: null } };`,
    end: { fails: /cannot be cloned|It threw/ },
  },
  {
    name: "an error with a cause that is itself",
    inside: `const e = new Error("round"); e.cause = e; e.name = "PluginFailure"; throw e;`,
    end: { fails: /./ },
  },
  {
    name: "an error with escape sequences",
    inside: `throw new Error("\\x1b[2Jcleared\\x1b]0;title\\x07");`,
    end: { fails: /^(?![^]*(?!\n)\p{Cc})[^]*cleared/u },
  },
];

/** No prototype of the host has anything new. */
function clean(): void {
  for (const prototype of [Object.prototype, Array.prototype, Function.prototype]) {
    if ("polluted" in prototype) throw new Error("A prototype of the host was polluted");
  }
}

testAttacks("lie", attacks);
