/**
 * The registry's budgets: its guide from beginning to end, reading against a bare `Deno.serve`, publishing, searching, slow clients. Needs wrk (in Debian: apt-get install
 * wrk).
 */
import assert from "node:assert/strict";
import { createScope, createToken, createUser, openRegistry } from "@millrace/registry-server";
import { archiveOf, type RejectFixture } from "../../packages/registry-server/rules/_fixture_testing.ts";
import { type Measure, report } from "./_report.ts";
import { seedRegistry } from "./_registry_seed.ts";

const HERE = decodeURIComponent(new URL(".", import.meta.url).pathname);
const SECONDS = 2;
const ROUNDS = 5;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function p95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)]!;
}

async function start(script: string, argument: string): Promise<{ origin: string } & AsyncDisposable> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", script, argument],
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  if (!value) throw new Error(`${script} did not start`);
  return {
    origin: value.trim(),
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await reader.cancel();
    },
  };
}

/** Requests a second. */
async function wrk(url: string): Promise<number> {
  let out: string;
  try {
    const { stdout } = await new Deno.Command("wrk", {
      args: ["-t1", "-c32", `-d${SECONDS}s`, url],
    }).output();
    out = new TextDecoder().decode(stdout);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error("Cannot measure without wrk; in Debian: apt-get install wrk");
    Deno.exit(1);
  }
  assert.doesNotMatch(out, /Non-2xx|Socket errors/, out);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(out)![1]);
}

const MODULE = `/** Numbers. @module */\n${
  Array.from({ length: 100 }, (_, k) => `/** The number ${k}. */\nexport const n${k}: number = ${k};\n`).join(
    "",
  )
}`;

type Entries = NonNullable<RejectFixture["entries"]>;

async function upload(origin: string, token: string, name: string, entries: Entries = []): Promise<void> {
  const response = await fetch(`${origin}/api/scopes/lab/packages/${name}/versions/1.0.0`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: await archiveOf({ config: { name: `@lab/${name}` }, mod: MODULE, entries }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(text);
}

/** From the first byte of the upload until a client could have installed it, ms. */
async function publishToInstallable(origin: string, token: string, name: string): Promise<number> {
  const before = performance.now();
  await upload(origin, token, name);
  const meta = await (await fetch(`${origin}/@lab/${name}/meta.json`)).json();
  assert.equal(meta.latest, "1.0.0");
  for (const path of ["1.0.0_meta.json", "1.0.0/mod.ts"]) {
    const response = await fetch(`${origin}/@lab/${name}/${path}`);
    assert.equal(response.status, 200);
    await response.bytes();
  }
  return performance.now() - before;
}

/** Uploads that stop half way, and readers that do not read. */
async function slowClients(origin: string, token: string, count: number): Promise<Disposable> {
  const { port } = new URL(origin);
  const connections: Deno.Conn[] = [];
  for (let k = 0; k < count; k++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const head = k % 2
      ? `POST /api/scopes/lab/packages/slow/versions/1.0.${k} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 100000\r\n\r\nhalf`
      : "GET /@lab/large/1.0.0/large.txt HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20);
    await connection.write(new TextEncoder().encode(head));
    connections.push(connection);
  }
  return { [Symbol.dispose]: () => connections.forEach((connection) => connection.close()) };
}

/** The guide from nothing to a plugin that is published, added elsewhere, run, signed and verified, s. */
async function guide(): Promise<number> {
  const before = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", "--quiet", `${HERE}../registry_acceptance_test.ts`],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(success, `The guide does not hold: ${text(stdout)}${text(stderr)}`);
  return (performance.now() - before) / 1000;
}

const folder = await Deno.makeTempDir({ prefix: "millrace_bench_" });
const measures: Measure[] = [{ name: "registry_guide", value: await guide(), unit: "s", budget: 60 }];
try {
  const data = `${folder}/small`;
  let token: string;
  {
    using registry = await openRegistry({ data });
    const user = createUser(registry, "ada");
    createScope(registry, "lab", user);
    token = createToken(registry, user).token;
  }
  await Deno.writeTextFile(`${folder}/mod.ts`, MODULE);
  {
    await using bare = await start(`${HERE}_bare_server.ts`, `${folder}/mod.ts`);
    await using registry = await start(`${HERE}../_serve_registry.ts`, data);
    const { origin } = registry;
    await upload(origin, token, "base");
    const paths = { module: "/@lab/base/1.0.0/mod.ts", meta: "/@lab/base/meta.json" };
    const ratios = { module: [] as number[], meta: [] as number[] };
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const plain = await wrk(`${bare.origin}/mod.ts`);
      rates.push(plain);
      for (const what of ["module", "meta"] as const) {
        ratios[what].push(await wrk(origin + paths[what]) / plain);
      }
    }
    measures.push(
      { name: "registry_bare_requests", value: median(rates), unit: "1/s" },
      {
        name: "registry_module_ratio",
        value: median(ratios.module),
        unit: "x bare",
        budget: 0.7,
        atLeast: true,
      },
      { name: "registry_meta_ratio", value: median(ratios.meta), unit: "x bare", budget: 0.5, atLeast: true },
    );

    const times: number[] = [];
    for (let k = 0; k < 40; k++) times.push(await publishToInstallable(origin, token, `one-${k}`));
    measures.push({ name: "registry_publish_to_installable", value: median(times), unit: "ms", budget: 300 });

    const before = performance.now();
    const all = await Promise.allSettled(
      Array.from({ length: 200 }, (_, k) => upload(origin, token, `many-${k}`)),
    );
    const failed = all.filter(({ status }) => status === "rejected");
    measures.push(
      { name: "registry_200_publishes_failed", value: failed.length, unit: "", budget: 0 },
      { name: "registry_200_publishes", value: performance.now() - before, unit: "ms" },
    );

    await upload(origin, token, "large", [{ path: "large.txt", repeat: ["x", 2_000_000] }]);
    const besides: number[] = [], slowed: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const free = await wrk(origin + paths.module);
      using _slow = await slowClients(origin, token, 200);
      await new Promise((go) => setTimeout(go, 2000)); // until nothing more goes into their buffers
      besides.push(await wrk(origin + paths.module) / free);
      for (let k = 0; k < 4; k++) slowed.push(await publishToInstallable(origin, token, `two-${round}-${k}`));
    }
    measures.push(
      {
        name: "registry_reads_beside_slow_clients",
        value: median(besides),
        unit: "x alone",
        budget: 0.8,
        atLeast: true,
      },
      { name: "registry_publish_beside_slow_clients", value: median(slowed), unit: "ms", budget: 300 },
    );
  }

  await seedRegistry(`${folder}/large`, 10_000, 10);
  await using registry = await start(`${HERE}../_serve_registry.ts`, `${folder}/large`);
  const { origin } = registry;
  const queries = [
    "",
    "q=peak",
    "q=peak+charge",
    "q=fi",
    "q=experiment+42",
    "provides=hits",
    "provides=hits&without=any",
    "needs=peaks&license=MIT",
    "permission=net",
    "license=MIT",
    "q=noise&provides=gains&without=net",
    "q=nothing",
  ];
  const times: Record<"api" | "page", number[]> = { api: [], page: [] };
  for (let round = 0; round < 20; round++) {
    for (const query of queries) {
      for (const [what, path] of [["api", "/api/search"], ["page", "/"]] as const) {
        const before = performance.now();
        const response = await fetch(`${origin}${path}?${query}`, { headers: { accept: "text/html" } });
        await response.bytes();
        assert.equal(response.status, 200);
        times[what].push(performance.now() - before);
      }
    }
  }
  for (let p = 0; p < 10_000; p += 50) {
    const words = ["hit", "peak", "pulse", "charge", "gain", "noise", "event", "filter", "trigger", "veto"];
    const name = `${words[p % 10]}-${words[Math.floor(p / 10) % 10]}-${p}`;
    const response = await fetch(`${origin}/@lab/${name}/meta.json`);
    assert.equal(response.status, 200);
    await response.bytes();
  }
  const metrics = await (await fetch(`${origin}/api/metrics`)).text();
  const rss = Number(/^millrace_registry_resident_bytes (\d+)$/m.exec(metrics)![1]);
  measures.push(
    { name: "registry_search_p95", value: p95(times.api), unit: "ms", budget: 30 },
    { name: "registry_search_page_p95", value: p95(times.page), unit: "ms", budget: 60 },
    { name: "registry_memory", value: rss / 2 ** 20, unit: "MiB", budget: 250 / 1.048576 },
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}
report("The registry", measures);
