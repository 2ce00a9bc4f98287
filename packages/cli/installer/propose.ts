/**
 * What would be installed, checked and complete, before anybody agreed to it: {@linkcode propose}.
 * @module
 */
import { dirname, join, resolve } from "node:path";
import {
  Analyser,
  type PackageMeta,
  parseSection,
  type PluginPermission,
  type Requirement,
  resolveRange,
  sectionProblems,
} from "@millrace/registry-server/client";
import type { PublicKey } from "@millrace/registry-server/verify";
import { VERSION } from "../version.ts";
import { fetchVersion, type Trusted } from "./fetch_version.ts";
import { grantsOf } from "./grants.ts";
import { isOlder } from "./judge.ts";
import { completeGraph, isEngine } from "./graph.ts";
import { joinRegistryKeys } from "./keys.ts";
import type { Lock, LockedExport, LockedPlugin } from "./lock_file.ts";
import { manifestOf, type PackageFiles, sha256, UNSIGNED } from "./package_files.ts";
import { pathFrom, readFolder } from "./read_folder.ts";
import { readNpm } from "./read_npm.ts";
import { readUrl } from "./read_url.ts";
import { registryOrigin, RegistryReader } from "./registry_reader.ts";
import { parseSpecifier, type Wanted } from "./specifier.ts";

/** A plugin that may be installed. */
export interface Proposal {
  /** Name in the lock file. */
  readonly name: string;
  /** What the lock file would say; nothing is granted yet. */
  readonly plugin: Omit<LockedPlugin, "granted">;
  /** What the lock file says now. */
  readonly before: LockedPlugin | undefined;
  /** Why that version is yanked or blocked, where it is newer than this one and its registry says so. */
  readonly withdrawn?: string | undefined;
  /** What it wants, and why. */
  readonly permissions: readonly PluginPermission[];
  /** With their files. */
  readonly packages: readonly PackageFiles[];
  /** Keys that the user gave of its publisher. */
  readonly given: readonly PublicKey[];
  /** Keys of the registry, as they are known now. */
  readonly registryKeys: readonly PublicKey[];
  /** What the user should know. */
  readonly warnings: readonly string[];
}

/** How a plugin is looked for. */
export interface ProposeOptions {
  /** Path of the lock file. */
  readonly lockPath: string;
  /** What it says. */
  readonly lock: Lock;
  /** Origin of the registry. */
  readonly registry?: string | undefined;
  /** Keys that the user gave of the publisher of the plugin's scope. */
  readonly given?: readonly PublicKey[];
}

/**
 * Fetch, check and complete what a specifier means. Nothing is written.
 *
 * @throws {SyntaxError} On a specifier that cannot be read.
 * @throws {VerificationError} When a hash or a signature is wrong.
 * @throws {Error} When something cannot be read, is blocked, or can never run in a sandbox: says what.
 */
export async function propose(specifier: string, options: ProposeOptions): Promise<Proposal> {
  const wanted = parseSpecifier(specifier);
  using analyser = new Analyser();
  if (wanted.kind === "registry") return await fromRegistry(specifier, wanted, options, analyser);
  if (wanted.kind === "url") {
    const root = await readUrl(wanted.url, analyser);
    return complete(specifier, root, [root], root.imports, {
      ...options,
      kind: "url",
      name: wanted.url,
      version: sha256(root.manifestBytes).slice(0, 12),
      from: wanted.url,
      registryKeys: [],
      warnings: ["Nobody signed it: all that is known is the address that it is from"],
    });
  }
  if (wanted.kind === "npm") {
    const packages = await readNpm(wanted, dirname(options.lockPath), analyser);
    const [root] = packages;
    return complete(specifier, root!, packages, {}, {
      ...options,
      kind: "npm",
      name: `npm:${wanted.name}${wanted.subpath}`,
      version: root!.id.slice(root!.id.lastIndexOf("@") + 1),
      from: root!.npm!.registry,
      registryKeys: [],
      warnings: [
        "Nobody signed it: all that is known is the registry of npm that it is from, and its checksum there",
      ],
    });
  }
  return await fromFolder(specifier, wanted.path, options, analyser);
}

type RegistryWanted = Extract<Wanted, { kind: "registry" }>;

async function fromRegistry(
  request: string,
  { scope, name, range }: RegistryWanted,
  options: ProposeOptions,
  analyser: Analyser,
): Promise<Proposal> {
  const full = `@${scope}/${name}`;
  const { reader, trusted } = await openRegistry(full, options);
  const warnings: string[] = [];
  const fetch = async (wanted: RegistryWanted, expected?: string): Promise<PackageFiles> => {
    const meta = await reader.meta(wanted.scope, wanted.name);
    const version = await pick(reader, meta, wanted);
    if (meta.versions[version]?.yanked) {
      const { yankReason } = await reader.state(wanted.scope, wanted.name, version) ?? {};
      warnings.push(
        `The version @${wanted.scope}/${wanted.name}@${version} is yanked${
          yankReason ? `: ${yankReason}` : ""
        }; it is used because exactly this one is asked for`,
      );
    }
    return await fetchVersion(reader, { ...wanted, version }, trusted, expected);
  };
  const root = await fetch({ kind: "registry", scope, name, range });
  const graph = await completeGraph(root, {
    analyser,
    entries: entriesOf(root),
    fetch: (requirement) => fetch(jsrOf(requirement)),
  });
  const version = root.id.slice(full.length + 1);
  const proposal = complete(request, root, graph.packages, graph.imports, {
    ...options,
    kind: "registry",
    name: full,
    version,
    from: reader.origin,
    registryKeys: trusted.registry,
    warnings,
  });
  const { before } = proposal;
  if (before?.from !== reader.origin || !isOlder(version, before.version)) return proposal;
  const state = await reader.state(scope, name, before.version);
  if (!state?.yanked && !state?.blocked) return proposal;
  return {
    ...proposal,
    withdrawn: state.blocked ? `blocked: ${state.blockReason}` : `yanked: ${state.yankReason}`,
  };
}

async function fromFolder(
  request: string,
  path: string,
  options: ProposeOptions,
  analyser: Analyser,
): Promise<Proposal> {
  const folder = resolve(path);
  const read = await readFolder(folder, analyser);
  const { files, config, facts } = read;
  const { exports, millrace } = config;
  const root: PackageFiles = {
    id: config.name,
    scope: undefined,
    place: "local",
    files,
    ...manifestOf({ files, exports, facts, millrace }),
    ...UNSIGNED,
  };
  let opened: Awaited<ReturnType<typeof openRegistry>> | undefined;
  const graph = await completeGraph(root, {
    analyser,
    entries: entriesOf(root),
    fetch: async (requirement) => {
      opened ??= await openRegistry(config.name, options);
      const wanted = jsrOf(requirement);
      const version = await pick(opened.reader, await opened.reader.meta(wanted.scope, wanted.name), wanted);
      return await fetchVersion(opened.reader, { ...wanted, version }, opened.trusted);
    },
  });
  return complete(request, root, graph.packages, graph.imports, {
    ...options,
    kind: "folder",
    name: config.name,
    version: String(config.version ?? "0.0.0"),
    from: pathFrom(dirname(options.lockPath), folder),
    registryKeys: opened?.trusted.registry ?? [],
    warnings: [],
  });
}

/** The registry that a package is to come from, with whose keys count. */
export async function openRegistry(
  name: string,
  { lock, registry, given = [] }: Pick<ProposeOptions, "lock" | "registry" | "given">,
): Promise<{ reader: RegistryReader; trusted: Trusted }> {
  const origin = registryOrigin(registry ?? defaultRegistry(name, lock));
  const reader = new RegistryReader(origin);
  const keys = joinRegistryKeys(origin, lock.registries[origin]?.keys, await reader.keys());
  const own = /^@([^/]+)\//.exec(name)?.[1];
  const publishers = (scope: string) => [...lock.publishers[scope] ?? [], ...scope === own ? given : []];
  return { reader, trusted: { registry: keys, publishers } };
}

function defaultRegistry(name: string, lock: Lock): string {
  const known = lock.plugins[name];
  if (known?.kind === "registry") return known.from;
  for (const variable of ["MILLRACE_REGISTRY", "JSR_URL"]) {
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    const value = state === "granted" ? Deno.env.get(variable) : undefined;
    if (value) return value;
  }
  const [only, ...more] = Object.keys(lock.registries);
  if (only !== undefined && more.length === 0) return only;
  throw new SyntaxError(
    `Cannot tell which registry has ${name}: name it with --registry URL, or set the variable MILLRACE_REGISTRY`,
  );
}

function jsrOf({ name, range }: Requirement): RegistryWanted {
  const [scope, plain] = name.slice(1).split("/") as [string, string];
  return { kind: "registry", scope, name: plain, range: range || "*" };
}

async function pick(
  reader: RegistryReader,
  meta: PackageMeta,
  { scope, name, range }: RegistryWanted,
): Promise<string> {
  const version = resolveRange(meta, range);
  if (version !== undefined) return version;
  const full = `@${scope}/${name}`;
  const state = /^\d/.test(range) ? await reader.state(scope, name, range) : undefined;
  if (state?.blocked) {
    throw new Error(
      `Cannot install ${full}@${range}: it is blocked: ${state.blockReason}; choose another version`,
    );
  }
  const there = Object.entries(meta.versions).map(([each, { yanked }]) => yanked ? `${each} (yanked)` : each);
  throw new Error(
    `Cannot install ${full}: no version is in "${range}"; ${reader.origin} has ${
      there.slice(0, 10).join(", ") || "none"
    }`,
  );
}

function sectionOf(root: PackageFiles) {
  const { millrace } = root.manifest;
  if (millrace === undefined) {
    throw new Error(
      `Cannot install ${root.id}: it declares no plugins (its deno.json has no section "millrace"); a library is imported ` +
        "by code instead",
    );
  }
  const [problem] = sectionProblems(millrace);
  if (problem !== undefined) throw new Error(`Cannot install ${root.id}: ${problem}`);
  return parseSection(millrace);
}

function moduleOf(root: PackageFiles, name: string, module: string): string {
  const target = root.manifest.exports[module];
  if (target !== undefined) return target.replace(/^\./, "");
  throw new Error(
    `Cannot install ${root.id}: its plugin "${name}" is said to be in "${module}", which it does not export`,
  );
}

/** Modules that hold the plugins of a package. */
export function entriesOf(root: PackageFiles): string[] {
  return Object.entries(sectionOf(root).plugins).map(([name, { module }]) => moduleOf(root, name, module));
}

/** What else a proposal is made of. */
export interface Origin extends Pick<ProposeOptions, "lock" | "given"> {
  readonly kind: LockedPlugin["kind"];
  readonly name: string;
  readonly version: string;
  readonly from: string;
  readonly registryKeys: readonly PublicKey[];
  readonly warnings: readonly string[];
}

/** A proposal of packages that were read and completed. */
export function complete(
  request: string,
  root: PackageFiles,
  packages: readonly PackageFiles[],
  imports: Readonly<Record<string, string>>,
  { kind, name, version, from, registryKeys, warnings, lock, given = [] }: Origin,
): Proposal {
  const { engine, plugins } = sectionOf(root);
  if (!isEngine(engine)) {
    throw new Error(
      `Cannot install ${root.id}: it is for version ${engine} of millrace, and this is ${VERSION}`,
    );
  }
  const permissions = [
    ...new Map(
      Object.values(plugins).flatMap((each) =>
        each.permissions.map((one) => [`${one.name}=${one.value}`, one])
      ),
    ).values(),
  ];
  const paths = packages.flatMap(({ place, files }) =>
    [...files].map(([path, bytes]) => [place + path, sha256(bytes)] as const)
  );
  const files = Object.fromEntries(paths.sort(([a], [b]) => a < b ? -1 : 1));
  const manifests = packages.map(({ id, manifestBytes }) => [id, sha256(manifestBytes)]);
  const content = sha256(JSON.stringify([files, manifests, imports])).slice(0, 12);
  const exported = Object.entries(plugins).map(
    ([each, { module, provides, dependsOn, help = "", golden, limits }]) => {
      const at = (path: string) => root.place + path.slice(1);
      const locked: LockedExport = {
        entry: root.place + moduleOf(root, each, module),
        provides,
        dependsOn,
        help,
        limits,
        golden: golden ? { input: at(golden.input), output: at(golden.output) } : null,
      };
      return [each, locked];
    },
  );
  const label = name.replace(/^https?:\/\//, "").replace("/", "+").replace(/[^\w@+.-]/g, "_").slice(0, 80);
  return {
    name,
    plugin: {
      request,
      kind,
      from,
      version,
      manifest: sha256(root.manifestBytes),
      wanted: grantsOf(permissions, root.id),
      blocked: null,
      folder: `${label.replace(/^[^A-Za-z0-9@]/, "p")}@${version}-${content}`.replace(/[^\w@+.-]/g, "_"),
      plugins: Object.fromEntries(exported),
      packages: Object.fromEntries(packages.map((each) => [
        each.id,
        {
          manifest: sha256(each.manifestBytes),
          trust: each.trust,
          registry: each.registry,
          publisher: each.trust === "verified" ? each.publisher : null,
          ...each.npm && { npm: each.npm },
        },
      ])),
      imports,
      files,
    },
    before: lock.plugins[name],
    permissions,
    packages,
    given,
    registryKeys,
    warnings,
  };
}

/** Where a folder that a lock file names is. */
export function folderFrom(lock: string, from: string): string {
  return join(dirname(lock), from);
}
