// The committed module: it is what its sources say, and it loads wherever the kernels do.
import assert from "node:assert/strict";
import { compile, COMPILER, hasCompiler } from "./build.ts";

const here = new URL("./", import.meta.url);
const found = await hasCompiler();

Deno.test({
  name: found
    ? "planes.wasm is what its sources compile to"
    : `planes.wasm is what its sources compile to (skipped: ${COMPILER} is not in the cache; run build.ts once)`,
  ignore: !found,
  async fn() {
    const made = await compile(), committed = await Deno.readFile(new URL("planes.wasm", here));
    assert.ok(
      made.length === committed.length && made.every((byte, i) => byte === committed[i]),
      "planes.wasm is not what its sources compile to; run build.ts",
    );
  },
});

Deno.test("planes.wasm needs nothing from outside", async () => {
  const module = new WebAssembly.Module(await Deno.readFile(new URL("planes.wasm", here)));
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  assert.deepEqual(WebAssembly.Module.exports(module).map(({ name }) => name).sort(), [
    "heapBase",
    "joinNumbers",
    "joinRows",
    "memory",
    "packBlock",
    "splitNumbers",
    "splitRows",
    "stepsToOffsets",
    "stepsToTimes",
    "timesToSteps",
    "unzigzag",
    "wasFar",
    "zigzag",
  ]);
});
