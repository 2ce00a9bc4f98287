// For tests: a registry on 127.0.0.1, and stock Deno as its client in folders of its own.
import { dirname, join } from "node:path";
import {
  createScope,
  createToken,
  createUser,
  openRegistry,
  type Registry,
  type RegistryOptions,
  type RegistryServer,
  serve,
  type ServeOptions,
  type User,
} from "@millrace/registry-server";
import { archiveOf, type RejectFixture } from "../packages/registry-server/rules/_fixture_testing.ts";

/** What a client left behind. */
export interface ClientResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A registry with a scope `lab`, its member `ada` and an administrator `root`. */
export interface Fixture extends AsyncDisposable {
  readonly folder: string;
  readonly registry: Registry;
  readonly server: RegistryServer;
  readonly ada: User;
  readonly root: User;
  /** May do all that ada may. */
  readonly token: string;
  readonly rootToken: string;
  /** Write files below the folder; gives the path of `name`. */
  write(name: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** Run stock Deno in `cwd`, with its cache in `folder/cache`. */
  deno(cwd: string, args: readonly string[], options?: ClientOptions): Promise<ClientResult>;
  /** Write a package and publish it with stock Deno, which must succeed. */
  publish(
    name: string,
    version: string,
    files: Readonly<Record<string, string>>,
    more?: object,
  ): Promise<string>;
  /** Publish a package as an archive over the API, which must succeed: quicker than with the client. */
  upload(name: string, version: string, what?: Omit<RejectFixture, "message">): Promise<void>;
  /** A request to the API. */
  api(method: string, path: string, options?: { token?: string; body?: unknown }): Promise<Response>;
}

/** How Deno is run. */
export interface ClientOptions {
  /** Leave JSR_URL as it is. */
  readonly plain?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Start a registry in a temporary folder. */
export async function startRegistry(
  options: Omit<RegistryOptions, "data"> & ServeOptions = {},
): Promise<Fixture> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_registry_" });
  const registry = await openRegistry({ data: join(folder, "data"), ...options });
  const server = serve(registry, options);
  const root = createUser(registry, "root", true);
  const ada = createUser(registry, "ada");
  createScope(registry, "lab", ada);
  const { token } = createToken(registry, ada);
  const fixture: Fixture = {
    folder,
    registry,
    server,
    ada,
    root,
    token,
    rootToken: createToken(registry, root).token,
    async write(name, files) {
      for (const [path, text] of Object.entries(files)) {
        const full = join(folder, name, path);
        await Deno.mkdir(dirname(full), { recursive: true });
        await Deno.writeTextFile(full, text);
      }
      return join(folder, name);
    },
    deno: (cwd, args, { plain, env } = {}) =>
      runDeno(cwd, args, {
        DENO_DIR: join(folder, "cache"),
        ...plain ? {} : { JSR_URL: `${server.origin}/` },
        ...env,
      }),
    async publish(name, version, files, more = {}) {
      const config = { name: `@lab/${name}`, version, license: "MIT", exports: "./mod.ts", ...more };
      const cwd = await fixture.write(`packages/${name}-${version}`, {
        "deno.json": JSON.stringify(config),
        ...files,
      });
      const result = await fixture.deno(cwd, ["publish", "--quiet", "--allow-dirty", "--token", token]);
      if (result.code !== 0) throw new Error(`deno publish ended with ${result.code}: ${result.err}`);
      return cwd;
    },
    async upload(name, version, { config, ...what } = {}) {
      const response = await fetch(`${server.origin}/api/scopes/lab/packages/${name}/versions/${version}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: await archiveOf({ ...what, config: { name: `@lab/${name}`, version, ...config } }),
      });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`The upload of ${name} was refused: ${text}`);
    },
    api: (method, path, { token, body } = {}) =>
      fetch(`${server.origin}/api${path}`, {
        method,
        headers: { ...token === undefined ? {} : { authorization: `Bearer ${token}` } },
        ...body === undefined ? {} : { body: JSON.stringify(body) },
      }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      registry[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
  return fixture;
}

/** Run stock Deno with this process's environment, but for what is said. */
export async function runDeno(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ClientResult> {
  const { JSR_URL: _, ...inherited } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    clearEnv: true,
    env: { ...inherited, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Let a client's cache have the npm packages of this process's cache, which need not be downloaded again. */
export async function shareNpm(cache: string): Promise<void> {
  const { out } = await runDeno(".", ["info", "--json"], {});
  const { denoDir } = JSON.parse(out) as { denoDir: string };
  await Deno.mkdir(cache, { recursive: true });
  await Deno.symlink(join(denoDir, "npm"), join(cache, "npm"));
}
