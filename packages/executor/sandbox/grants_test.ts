import assert from "node:assert/strict";
import fc from "fast-check";
import { checkWrites, effectiveGrants } from "./grants.ts";
import type { Grants } from "./types.ts";

const both = (declared: Grants, granted: Grants) => effectiveGrants("@lab/x@1.0.0", declared, granted);

Deno.test("effectiveGrants() gives what both allow", () => {
  const cases: [keyof Grants, string[], string[], string[]][] = [
    ["net", ["a.lab"], [], []],
    ["net", ["a.lab"], ["a.lab"], ["a.lab"]],
    ["net", ["a.lab"], ["a.lab:443"], ["a.lab:443"]],
    ["net", ["a.lab:80"], ["a.lab:443"], []],
    ["net", ["A.Lab:80"], ["a.lab"], ["a.lab:80"]],
    ["net", ["lab"], ["a.lab"], []],
    ["net", ["[::1]:80"], ["[::1]"], ["[::1]:80"]],
    ["net", ["a.lab", "b.lab"], ["b.lab:1", "c.lab"], ["b.lab:1"]],
    ["read", ["/data"], ["/data/run"], ["/data/run"]],
    ["read", ["/data/run"], ["/data"], ["/data/run"]],
    ["read", ["/data"], ["/database"], []],
    ["read", ["/data//x/./"], ["/data/x"], ["/data/x"]],
    ["write", ["/out"], ["/out"], ["/out"]],
    ["env", ["LANG", "USER"], ["USER"], ["USER"]],
  ];
  for (const [kind, declared, granted, expected] of cases) {
    assert.deepEqual(
      both({ [kind]: declared }, { [kind]: granted })[kind],
      expected,
      `${kind} ${declared} ${granted}`,
    );
  }
});

Deno.test("effectiveGrants() refuses what is never granted or means something else", () => {
  const refused: [keyof Grants, string][] = [
    ["net", "*"],
    ["net", "*.lab"],
    ["net", "a.lab:0"],
    ["net", "a.lab:99999"],
    ["net", "a.lab,b.lab"],
    ["net", "http://a.lab"],
    ["net", ""],
    ["read", "data"],
    ["read", "/data/../etc"],
    ["read", "/"],
    ["read", "/proc/self"],
    ["write", "/dev/fd/4"],
    ["read", "/a,/b"],
    ["env", "LD_PRELOAD"],
    ["env", "DENO_DIR"],
    ["env", "a b"],
    ["env", ""],
  ];
  for (const [kind, value] of refused) {
    assert.throws(() => both({ [kind]: [value] }, {}), TypeError, `${kind} ${value}`);
  }
  for (const kind of ["run", "ffi", "sys", "import", "all"]) {
    assert.throws(() => both({ [kind]: ["x"] } as Grants, {}), /net, read, write and env only/);
  }
});

Deno.test("effectiveGrants() is the same whoever says what, and never more than either says", () => {
  const part = fc.constantFrom("a", "b", "ab");
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
  const paths = fc.array(path, { maxLength: 3 });
  const covered = (path: string, by: readonly string[]) =>
    by.some((root) => path === root || path.startsWith(`${root}/`));
  fc.assert(fc.property(paths, paths, path, (declared, granted, probe) => {
    const found = both({ read: declared }, { read: granted }).read;
    assert.deepEqual(found, both({ read: granted }, { read: declared }).read);
    assert.equal(covered(probe, found), covered(probe, declared) && covered(probe, granted));
  }));
});

Deno.test("no plugin may write to what sandboxes run from, nor around it, nor by a link", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.mkdir(`${folder}/cache/in`, { recursive: true });
    await Deno.mkdir(`${folder}/out`);
    await Deno.symlink(`${folder}/cache`, `${folder}/out/link`);
    const check = (path: string) => checkWrites("@lab/x@1.0.0", [`${folder}${path}`], [`${folder}/cache`]);
    for (const path of ["", "/cache", "/cache/in", "/cache/not/there/yet", "/out/link", "/out/link/in/new"]) {
      await assert.rejects(
        check(path),
        /write access to ".*": ".*\/cache" is there, which plugins or their/,
        path,
      );
    }
    for (const path of ["/out", "/cache2", "/out/new/deeper", "/ca"]) await check(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
