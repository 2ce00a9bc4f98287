// The committed modules: they are what their sources say, and load wherever the kernels do.
import assert from "node:assert/strict";
import { freePlace, takePlace } from "@millrace/core/kernel-memory";
import { heapBase } from "./strax.wasm";
import { compile, COMPILER, hasCompiler, MODULES } from "./build.ts";

const here = new URL("./", import.meta.url);
const found = await hasCompiler();

for (const name of Object.keys(MODULES) as (keyof typeof MODULES)[]) {
  const what = `${name}.wasm is what ${name}.as compiles to`;
  Deno.test({
    name: found ? what : `${what} (skipped: ${COMPILER} is not in the cache; run build.ts once)`,
    ignore: !found,
    async fn() {
      const made = await compile(name), committed = await Deno.readFile(new URL(`${name}.wasm`, here));
      assert.ok(
        made.length === committed.length && made.every((byte, i) => byte === committed[i]),
        `${name}.wasm is not what ${name}.as compiles to; run build.ts`,
      );
    },
  });
}

Deno.test("signal.wasm needs nothing from outside", async () => {
  const module = new WebAssembly.Module(await Deno.readFile(new URL("signal.wasm", here)));
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  assert.deepEqual(WebAssembly.Module.exports(module).map(({ name }) => name).sort(), [
    "basicRows",
    "featureRows",
    "heapBase",
    "memory",
    "savgolRows",
    "sosfiltfiltFour",
  ]);
});

Deno.test("strax.wasm needs the memory of the thread, and keeps what is its own below the first place in it", async () => {
  const module = new WebAssembly.Module(await Deno.readFile(new URL("strax.wasm", here)));
  assert.deepEqual(WebAssembly.Module.imports(module), [{
    module: "./memory.ts",
    name: "memory",
    kind: "memory",
  }]);
  assert.ok(heapBase() <= 65536);
  const at = takePlace(1);
  assert.ok(at >= 65536);
  freePlace(at);
});

/** What is done with each module; `out` is 17 then. */
const SCRIPTS = {
  signal: `
    import { savgolDesign } from "./savgol_filter.ts";
    import { savgolFilterRows } from "./savgol_rows.ts";
    const out = new Float32Array(5);
    savgolFilterRows(Uint16Array.of(0, 0, 35, 0, 0), Uint32Array.of(0, 5), 1, savgolDesign(5, 2), out);
    const made = out[2];
  `,
  strax: `
    import { memory, takePlace } from "@millrace/core/kernel-memory";
    import { highestI32 } from "./wasm/strax.wasm";
    const at = takePlace(12);
    new Int32Array(memory.buffer, at, 3).set([3, 17, 5]);
    const made = highestI32(at, 3);
  `,
};

const packages = new URL("../../../", here);
const memoryModule = import.meta.resolve("@millrace/core/kernel-memory");
const IMPORTS = JSON.stringify({
  imports: { "@millrace/core/kernel-memory": memoryModule },
});

/** The packages' own files over HTTP, and a script beside the kernels. */
function serve(script: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, origin } = new URL(request.url);
    const type = pathname.endsWith(".wasm") ? "application/wasm" : "application/typescript";
    const headers = { "content-type": type };
    if (pathname === "/map.json") return new Response(IMPORTS.replace(packages.href, `${origin}/`));
    if (pathname === "/plugins-signal/kernels/main.ts") {
      return new Response(`${script}console.log(made);`, { headers });
    }
    return new Response(await Deno.readFile(new URL(`.${pathname}`, packages)), { headers });
  });
}

async function deno(...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [args[0]!, "--quiet", "--no-config", "--no-lock", ...args.slice(1)],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (text(stderr)) throw new Error(text(stderr));
  return text(stdout);
}

const kernels = new URL("../", here).href;

for (const [name, script] of Object.entries(SCRIPTS)) {
  Deno.test(`${name}.wasm loads from a URL, without a permission`, async () => {
    const server = serve(script);
    try {
      const at = `http://127.0.0.1:${server.addr.port}/`;
      const args = ["--no-prompt", `--import-map=${at}map.json`, `${at}plugins-signal/kernels/main.ts`];
      assert.equal(await deno("run", ...args), "17");
    } finally {
      await server.shutdown();
    }
  });

  Deno.test(`${name}.wasm loads from a bundle`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "millrace_bundle_" });
    try {
      const text = `${script.replaceAll('"./', `"${kernels}`)}console.log(made);`;
      await Deno.writeTextFile(`${folder}/main.ts`, text);
      await Deno.writeTextFile(`${folder}/map.json`, IMPORTS);
      const map = `--import-map=${folder}/map.json`;
      await deno("bundle", map, "--output", `${folder}/out.js`, `${folder}/main.ts`);
      assert.equal(await deno("run", "--no-prompt", `${folder}/out.js`), "17");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  Deno.test(`${name}.wasm loads in a worker`, async () => {
    const found = script.replaceAll('"./', `"${kernels}`).replace(
      "@millrace/core/kernel-memory",
      memoryModule,
    );
    const text = `${found}postMessage(made);`;
    const url = URL.createObjectURL(new Blob([text], { type: "application/typescript" }));
    const worker = new Worker(url, { type: "module" });
    try {
      const answer = await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        };
      });
      assert.equal(answer, 17);
    } finally {
      worker.terminate();
      URL.revokeObjectURL(url);
    }
  });
}
