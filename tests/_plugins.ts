// For tests: packages of plugins in a registry, and the command that installs them.
import { join } from "node:path";
import { main, memoryIo } from "@millrace/cli";
import { generateKey, type KeyPair, sign, versionText } from "@millrace/registry-server/client";
import type { VersionSignatures } from "@millrace/registry-server/verify";
import { createScope, createToken } from "@millrace/registry-server";
import { archiveOf } from "../packages/registry-server/rules/_fixture_testing.ts";
import { type Fixture, startRegistry } from "./_registry.ts";

/** A permission that a test's plugin wants. */
export interface Wish {
  readonly name: string;
  readonly value: string;
  readonly reason: string;
}

/** What a test's package is like. */
export interface PackageOptions {
  /** Text of the module instead of that of {@linkcode pluginText}. */
  readonly mod?: string;
  readonly permissions?: readonly Wish[];
  /** More files. */
  readonly files?: Readonly<Record<string, string>>;
  /** The section on plugins, if not the usual one. */
  readonly millrace?: unknown;
  /** More fields of deno.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Sign it with the publisher's key. Default: yes. */
  readonly signed?: boolean;
}

/** A registry with a publisher who signs. */
export interface PluginLab extends Fixture {
  readonly publisher: KeyPair;
  /** Publish over the API, and sign. */
  plugin(name: string, version: string, options?: PackageOptions): Promise<void>;
  /** Sign a version with a key. */
  signWith(name: string, version: string, key: KeyPair, signedAt?: string): Promise<Response>;
}

/** Text of a module with a plugin: the time of each record's highest sample. `add` is added to each. */
export function pluginText({ add = 0, head = "" }: { add?: number; head?: string } = {}): string {
  return `/** Highest samples. @module */
import { definePlugin, type Plugin } from "jsr:@millrace/core@^0.1.0";
${head}
/** Highest sample of each record. */
export const highest: Plugin = definePlugin({
  module: import.meta.url,
  export: "highest",
  provides: "highest",
  dependsOn: ["raw_files"],
  needs: { raw_files: { time: "time", wave: "u16[]" } },
  version: "1",
  help: "Highest sample of each record",
  schema: { time: "time", height: "f64" },
  computeChunk(chunk, { emit }) {
    const out = emit(chunk.length);
    const { time, wave: { values, offsets } } = chunk.columns;
    for (let i = 0; i < chunk.length; i++) {
      let most = 0;
      for (let k = offsets[i]!; k < offsets[i + 1]!; k++) most = Math.max(most, values[k]!);
      out.columns.time[i] = time[i]!;
      out.columns.height[i] = most + ${add};
    }
    return out;
  },
});
`;
}

/** The section of that module's package. */
export function sectionFor(permissions: readonly Wish[] = []): unknown {
  return {
    engine: "^0.1.0",
    plugins: {
      highest: {
        provides: ["highest"],
        dependsOn: ["raw_files"],
        help: "Highest sample of each record",
        schema: { highest: { time: "time", height: "f64" } },
        permissions,
      },
    },
  };
}

/** Start it, with a stand-in for the engine's package, which installers do not fetch. */
export async function startPluginLab(options: Parameters<typeof startRegistry>[0] = {}): Promise<PluginLab> {
  const lab = await startRegistry(options);
  createScope(lab.registry, "millrace", lab.root);
  const rootToken = createToken(lab.registry, lab.root).token;
  const core = await fetch(`${lab.server.origin}/api/scopes/millrace/packages/core/versions/0.1.0`, {
    method: "POST",
    headers: { authorization: `Bearer ${rootToken}` },
    body: await archiveOf({
      config: { name: "@millrace/core", version: "0.1.0" },
      mod: "/** Never fetched. */\nexport const definePlugin: unknown = 0;\n",
    }),
  });
  if (!core.ok) throw new Error(await core.text());
  await core.body?.cancel();
  const publisher = await generateKey();
  const added = await lab.api("POST", "/scopes/lab/keys", {
    token: lab.token,
    body: { publicKey: publisher.publicKey },
  });
  if (!added.ok) throw new Error(await added.text());
  await added.body?.cancel();
  const signWith: PluginLab["signWith"] = async (name, version, key, signedAt = new Date().toISOString()) => {
    const path = `/scopes/lab/packages/${name}/versions/${version}/signature`;
    const { manifest } = await (await lab.api("GET", path)).json() as VersionSignatures;
    const text = versionText("publisher", { package: `@lab/${name}`, version, manifest, signedAt });
    return await lab.api("PUT", path, {
      token: lab.token,
      body: { keyId: key.id, signature: await sign(text, key.privateKey), signedAt },
    });
  };
  return Object.assign(lab, {
    publisher,
    signWith,
    async plugin(name: string, version: string, what: PackageOptions = {}) {
      const { mod = pluginText(), permissions, files = {}, millrace, config = {}, signed = true } = what;
      await lab.upload(name, version, {
        mod,
        config: { millrace: millrace === undefined ? sectionFor(permissions) : millrace, ...config },
        entries: Object.entries(files).map(([path, text]) => ({ path, text })),
      });
      if (!signed) return;
      const response = await signWith(name, version, publisher);
      if (!response.ok) throw new Error(await response.text());
    },
  });
}

/** What a command said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A project's folder with its lock file. */
export interface Project {
  readonly folder: string;
  readonly lock: string;
  /** `millrace plugin ...` in this process. `answers`: what the user types; without them nobody can be asked. */
  run(args: readonly string[], answers?: readonly string[]): Promise<Said>;
}

/** Something between a registry and its clients that can change answers. */
export interface Between extends AsyncDisposable {
  readonly origin: string;
  /** Changes the text of an answer by its path; `undefined`: there is none (404). */
  alter: (path: string, text: string) => string | undefined;
}

/** A server that passes on what a registry answers. */
export function between(origin: string): Between {
  const self: Between = {
    origin: "",
    alter: (_path, text) => text,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const response = await fetch(origin + pathname + search);
    const text = self.alter(pathname, await response.text());
    return text === undefined
      ? new Response("{}", { status: 404 })
      : new Response(text, { status: response.status });
  });
  return Object.assign(self, { origin: `http://127.0.0.1:${server.addr.port}` });
}

/** `millrace run` in this process on three traces of eight samples; gives the rows of a data type. */
export async function runHighest(
  project: Project,
  ...more: string[]
): Promise<Said & { readonly rows: unknown[] }> {
  const input = join(project.folder, "traces.npy");
  await Deno.writeFile(input, npy([[1, 9, 2, 3], [4, 4, 40, 4], [7, 6, 5, 4]]));
  const store = join(project.folder, "data");
  const set = ["--set", "raw_files.dt=2ns", "--executor", "inline", "--lock", project.lock];
  const io = memoryIo();
  const code = await main(["run", input, "--type", "highest", "--store", store, ...set, ...more], io);
  const shown = memoryIo();
  if (code === 0) await main(["show", store, "traces", "highest", "--json"], shown);
  const rows = code === 0 ? JSON.parse(shown.stdout) as unknown[] : [];
  return { code, out: io.stdout, err: io.stderr, rows };
}

/** Traces of 16-bit samples as NumPy writes them. */
function npy(traces: readonly (readonly number[])[]): Uint8Array {
  const header = `{'descr': '<u2', 'fortran_order': False, 'shape': (${traces.length}, ${
    traces[0]!.length
  }), }`;
  const text = header.padEnd(117) + "\n";
  const bytes = new Uint8Array(10 + text.length + 2 * traces.flat().length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes.set(new Uint8Array(new Uint16Array(traces.flat()).buffer), 10 + text.length);
  return bytes;
}

/** A temporary project that goes with the test. */
export async function temporaryProject(): Promise<Project & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_project_" });
  return { ...projectIn(folder), [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** A project in a folder. */
export function projectIn(folder: string): Project {
  const lock = join(folder, "millrace.lock");
  return {
    folder,
    lock,
    async run(args, answers) {
      const left = [...answers ?? []];
      const io = memoryIo(answers ? { ask: () => left.shift() ?? null } : {});
      const [command, ...rest] = args;
      const code = await main(["plugin", command!, ...rest, "--lock", lock], io);
      return { code, out: io.stdout, err: io.stderr };
    },
  };
}
