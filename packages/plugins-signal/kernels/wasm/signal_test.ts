// The committed module: it is what its source says, and it loads wherever the kernels do.
import assert from "node:assert/strict";
import { compile, COMPILER, hasCompiler, MODULES } from "./build.ts";

const here = new URL("./", import.meta.url);
const found = await hasCompiler();

for (const name of MODULES) {
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
    "featureRows",
    "heapBase",
    "memory",
    "rangeRows",
    "savgolRows",
    "sosfiltfiltFour",
  ]);
});

const SCRIPT = `
import { savgolDesign } from "./savgol_filter.ts";
import { savgolFilterRows } from "./savgol_rows.ts";
const out = new Float32Array(5);
savgolFilterRows(Uint16Array.of(0, 0, 35, 0, 0), Uint32Array.of(0, 5), 1, savgolDesign(5, 2), out);
`;

/** The kernels' own files over HTTP. */
function serve(): Deno.HttpServer<Deno.NetAddr> {
  const kernels = new URL("../", here);
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const type = pathname.endsWith(".wasm") ? "application/wasm" : "application/typescript";
    const headers = { "content-type": type };
    if (pathname === "/main.ts") return new Response(`${SCRIPT}console.log(out[2]);`, { headers });
    return new Response(await Deno.readFile(new URL(`.${pathname}`, kernels)), { headers });
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

Deno.test("signal.wasm loads from a URL, without a permission", async () => {
  const server = serve();
  try {
    assert.equal(await deno("run", "--no-prompt", `http://127.0.0.1:${server.addr.port}/main.ts`), "17");
  } finally {
    await server.shutdown();
  }
});

Deno.test("signal.wasm loads from a bundle", async () => {
  const folder = await Deno.makeTempDir({ prefix: "millrace_bundle_" });
  try {
    const kernels = new URL("../", here).href;
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `${SCRIPT.replaceAll('"./', `"${kernels}`)}console.log(out[2]);`,
    );
    await deno("bundle", "--output", `${folder}/out.js`, `${folder}/main.ts`);
    assert.equal(await deno("run", "--no-prompt", `${folder}/out.js`), "17");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("signal.wasm loads in a worker", async () => {
  const kernels = new URL("../", here).href;
  const text = `${SCRIPT.replaceAll('"./', `"${kernels}`)}postMessage(out[2]);`;
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
