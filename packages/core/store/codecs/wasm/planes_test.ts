// The committed modules: they are what their sources say, and they load wherever the kernels do.
import assert from "node:assert/strict";
import { compile, COMPILER, hasCompiler, MODULES } from "./build.ts";

const here = new URL("./", import.meta.url);
const found = await hasCompiler();

for (const name of Object.keys(MODULES)) {
  Deno.test({
    name: found
      ? `${name}.wasm is what its sources compile to`
      : `${name}.wasm is what its sources compile to (skipped: ${COMPILER} is not in the cache; run build.ts once)`,
    ignore: !found,
    async fn() {
      const made = await compile(name), committed = await Deno.readFile(new URL(`${name}.wasm`, here));
      assert.ok(
        made.length === committed.length && made.every((byte, i) => byte === committed[i]),
        `${name}.wasm is not what its sources compile to; run build.ts`,
      );
    },
  });
}

const EXPORTS: Readonly<Record<string, readonly string[]>> = {
  planes: [
    "coderSize",
    "forgetCode",
    "heapBase",
    "makeCoder",
    "memory",
    "packBlock",
    "splitNumbers",
    "splitRows",
    "timesToSteps",
    "zigzag",
  ],
  unzstd: [
    "aimBlocks",
    "beginBlocks",
    "decodeBlocks",
    "heapBase",
    "joinNumbers",
    "joinRows",
    "memory",
    "stepsToOffsets",
    "stepsToTimes",
    "swapBlocks",
    "unzigzag",
    "wasFar",
  ],
};

for (const [name, wanted] of Object.entries(EXPORTS)) {
  Deno.test(`${name}.wasm needs nothing from outside`, async () => {
    const module = new WebAssembly.Module(await Deno.readFile(new URL(`${name}.wasm`, here)));
    assert.deepEqual(WebAssembly.Module.imports(module), []);
    assert.deepEqual(WebAssembly.Module.exports(module).map(({ name }) => name).sort(), wanted);
  });
}
