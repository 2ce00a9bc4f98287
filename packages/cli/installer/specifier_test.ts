import assert from "node:assert/strict";
import { parseSpecifier } from "./specifier.ts";

Deno.test("parseSpecifier() reads packages, URLs and folders", () => {
  const lab = (range: string) => ({ kind: "registry", scope: "lab", name: "hits", range });
  const cases: [string, object][] = [
    ["@lab/hits", lab("*")],
    ["@lab/hits@1.2.0", lab("1.2.0")],
    ["jsr:@lab/hits@^1", lab("^1")],
    ["jsr:/@lab/hits@>=1 <2", lab(">=1 <2")],
    ["http://127.0.0.1:8080/a.ts#x", { kind: "url", url: "http://127.0.0.1:8080/a.ts" }],
    ["npm:@lab/hits@^1/sub", { kind: "npm", name: "@lab/hits", range: "^1", subpath: "/sub" }],
    ["npm:hits", { kind: "npm", name: "hits", range: "", subpath: "" }],
    ["./mine", { kind: "folder", path: "./mine" }],
    ["..", { kind: "folder", path: ".." }],
    ["/abs/mine", { kind: "folder", path: "/abs/mine" }],
    ["file:///a%20b/mine", { kind: "folder", path: "/a b/mine" }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseSpecifier(text), expected);
});

Deno.test("parseSpecifier() refuses what it cannot read, and says what can be written", () => {
  const bad = [
    "",
    "hits",
    "@lab",
    "@lab/",
    "@Lab/Hits",
    "@lab/../x",
    "jsr:hits",
    "@lab/hits@^1/mod.ts",
    "ftp://a/b",
  ];
  for (const text of bad) {
    assert.throws(() => parseSpecifier(text), /Cannot tell what .* write @scope\/name@range/);
  }
  for (const text of ["http://", "https://me:secret@a/b.ts"]) {
    assert.throws(() => parseSpecifier(text), /Cannot read the URL/);
  }
  for (const text of ["npm:", "npm:../a@1", 'npm:a"b@1', "npm:@lab@1", "npm:a b@1"]) {
    assert.throws(() => parseSpecifier(text), /write npm:NAME@VERSION/, text);
  }
});
