import assert from "node:assert/strict";
import {
  configOf,
  denoArguments,
  ownPermissions,
  passedVariables,
  permissionKinds,
  type PermissionState,
  processEnvironment,
  type ProcessPermissions,
} from "./process_command.ts";

const main = "file:///worker/process_main.ts";

const accepted: [
  name: string,
  Omit<Parameters<typeof denoArguments>[0], "permissions">,
  ProcessPermissions,
  string[],
][] = [
  ["nothing", {}, {}, []],
  ["everything", {}, "all", ["--allow-all"]],
  ["whole kinds", {}, { read: true, net: true, write: false }, ["--allow-read", "--allow-net"]],
  ["lists", {}, { read: ["/a b", "/c"], run: ["git"], env: [] }, ["--allow-read=/a b,/c", "--allow-run=git"]],
  ["no remote modules", {}, { import: false }, ["--no-remote"]],
  ["hosts of modules", {}, { import: ["localhost:80"] }, ["--allow-import=localhost:80"]],
  ["a limit", { heapLimit: 64 }, {}, ["--v8-flags=--max-old-space-size=64"]],
  ["a configuration", { config: "/x/deno.json", importMap: "/y.json" }, {}, [
    "--config=/x/deno.json",
    "--import-map=/y.json",
  ]],
  ["no configuration", { config: false }, {}, ["--no-config"]],
  ["flags", { flags: ["--cached-only", "--no-npm"] }, {}, ["--cached-only", "--no-npm"]],
];
for (const [name, options, permissions, flags] of accepted) {
  Deno.test(`denoArguments() gives ${name}`, () => {
    assert.deepEqual(denoArguments({ ...options, permissions }, main), [
      "run",
      "--no-prompt",
      ...flags,
      main,
    ]);
  });
}

const refused: [name: string, options: Parameters<typeof denoArguments>[0], message: RegExp][] = [
  [
    "an unknown permission",
    { permissions: { hrtime: true } as ProcessPermissions },
    /permission "hrtime": the kinds are read/,
  ],
  ["an entry with a comma", { permissions: { read: ["/a,/"] } }, /to read "\/a,\/"/],
  ["an empty entry", { permissions: { net: [""] } }, /to net ""/],
  ["a heap of nothing", { permissions: {}, heapLimit: 0 }, /heap of a process to 0 MiB/],
  ["a flag that is none", { permissions: {}, flags: ["evil.ts"] }, /flag "evil.ts"/],
];
for (const [name, options, message] of refused) {
  Deno.test(`denoArguments() refuses ${name}`, () => {
    assert.throws(() => denoArguments(options, main), message);
  });
}

Deno.test("ownPermissions() leaves out what is limited or has exceptions", () => {
  const states: Partial<Record<string, PermissionState>> = {
    read: { state: "granted", partial: true },
    write: { state: "granted", partial: false },
    net: { state: "prompt" },
    env: { state: "granted" },
  };
  assert.deepEqual(ownPermissions((kind) => states[kind] ?? { state: "denied" }), { write: true, env: true });
});

Deno.test("ownPermissions() of a child are never more than its parent's", async () => {
  const script = `import { ownPermissions } from ${
    JSON.stringify(import.meta.resolve("./process_command.ts"))
  };
    console.log(JSON.stringify(ownPermissions()));`;
  const cases: [string[], ProcessPermissions][] = [
    [[], {}],
    [["--allow-read", "--deny-read=/etc"], {}],
    [["--allow-read=/tmp", "--allow-env"], { env: true }],
    [["--allow-all"], Object.fromEntries(permissionKinds.map((kind) => [kind, true]))],
  ];
  for (const [flags, expected] of cases) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-config",
        ...flags,
        `data:application/typescript,${encodeURIComponent(script)}`,
      ],
    }).output();
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout) || "null"), expected, flags.join(" "));
  }
});

Deno.test("configOf() finds the nearest configuration file", () => {
  const files = new Set(["file:///a/deno.json", "file:///a/b/deno.jsonc", "file:///x%20y/deno.json"]);
  const find = (mainModule: string) => configOf(mainModule, (file) => files.has(file.href))?.href;
  assert.equal(find("file:///a/b/c/main.ts"), "file:///a/b/deno.jsonc");
  assert.equal(find("file:///a/main.ts"), "file:///a/deno.json");
  assert.equal(find("file:///x%20y/z/main.ts"), "file:///x%20y/deno.json");
  assert.equal(find("file:///other/main.ts"), undefined);
  assert.equal(find("https://example.org/a/main.ts"), undefined);
});

Deno.test("processEnvironment() passes on little, and what is asked for", () => {
  const known = new Set([...passedVariables, "NO_COLOR", "DENO_NO_UPDATE_CHECK", "ASKED"]);
  const environment = processEnvironment({ ASKED: "1", HOME: "/elsewhere" });
  assert.equal(environment.ASKED, "1");
  assert.equal(environment.HOME, "/elsewhere");
  assert.deepEqual(Object.keys(environment).filter((name) => !known.has(name)), []);
});
