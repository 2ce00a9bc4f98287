/**
 * From an upload to a version that can be installed: {@linkcode publish}.
 * @module
 */
import { join } from "node:path";
import { authorize, type Target } from "../access/authorize.ts";
import type { Identity } from "../access/tokens.ts";
import { isModule } from "../analysis/analyse.ts";
import type { ModuleFacts } from "../analysis/facts.ts";
import { checkPackageName, checkVersion } from "../catalog/names.ts";
import { checkScope } from "../catalog/scopes.ts";
import { findVersion } from "../catalog/versions.ts";
import { Refusal } from "../http/refusal.ts";
import type { Registry } from "../registry.ts";
import { problemsOf } from "../rules/problems.ts";
import type { Candidate } from "../rules/rule.ts";
import { unknownDependencies } from "./_dependencies.ts";
import { save } from "./_save.ts";
import { checkQuotas } from "./quotas.ts";
import { checkSamples } from "./samples.ts";
import { readConfig } from "./config.ts";
import { receive } from "./receive.ts";
import { unpack } from "./unpack.ts";

/** What is uploaded, and by whom. */
export interface Upload {
  readonly scope: string;
  readonly name: string;
  readonly version: string;
  /** Path of the configuration file, with a leading slash. */
  readonly config: string;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Content-Length, if there is one. */
  readonly announced: number | undefined;
  readonly identity: Identity;
}

/** @throws {Refusal} With status 409 when a version is there, whatever became of it since. */
export function checkNew(registry: Pick<Registry, "db">, scope: string, name: string, version: string): void {
  const row = findVersion(registry, scope, name, version);
  if (!row) return;
  throw new Refusal(
    409,
    "duplicateVersionPublish",
    `The version @${scope}/${name}@${version} was published on ${
      row.created_at.slice(0, 10)
    } and never changes; ` +
      `raise "version" in deno.json`,
    { task: { id: String(row.id), status: "success", error: null } },
  );
}

/**
 * Publish a version. It appears whole when its row is committed, after all of its files are on disk; if anything fails before,
 * nothing has happened.
 *
 * @returns The version's id.
 * @throws {Refusal} When it may not be published, or breaks a rule.
 */
export async function publish(registry: Registry, upload: Upload): Promise<number> {
  const { scope, name, version, identity } = upload;
  checkPackageName(name);
  checkVersion(version);
  checkScope(registry, scope);
  const target: Target = { action: "publish", scope, package: name, version };
  const anyArchive = identity.permissions.map(({ archive: _, ...permission }) => permission);
  authorize(registry, { ...identity, permissions: anyArchive }, target);
  checkNew(registry, scope, name, version);
  checkQuotas(registry, scope, name, identity.user);

  using received = await receive(
    upload.body,
    join(registry.temporary, crypto.randomUUID()),
    registry.limits,
    upload.announced,
  );
  authorize(registry, identity, { ...target, archive: received.sha256 });

  using _turn = await registry.turns.take(); // unpacked packages lie in memory: a few at a time
  const files = await unpack((await Deno.open(received.path)).readable, registry.limits);
  const config = readConfig(upload.config, files);
  const { facts, texts } = await readModules(registry, files);
  const unknown = await unknownDependencies(registry, facts);
  const candidate: Candidate = {
    scope,
    name,
    version,
    configPath: upload.config,
    config,
    files,
    facts,
    unknown,
  };
  checkRules(candidate);
  await checkSamples(registry, candidate);
  return save(registry, candidate, texts, { archive: received.sha256, user: identity.user });
}

async function readModules(
  registry: Registry,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<{ facts: ReadonlyMap<string, ModuleFacts>; texts: ReadonlyMap<string, string> }> {
  const texts = new Map<string, string>();
  for (const [path, bytes] of files) {
    if (!isModule(path)) continue;
    try {
      texts.set(path, new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch {
      throw new Refusal(400, "notUtf8", `The module "${path}" is not UTF-8; save it as UTF-8`);
    }
  }
  return { facts: await registry.analyser.analyse([...texts]), texts };
}

/** Most places that a refusal names. */
const SHOWN = 10;

function checkRules(candidate: Candidate): void {
  const problems = problemsOf(candidate);
  const [first] = problems;
  if (!first) return;
  const more = problems.length > SHOWN ? [`... and ${problems.length - SHOWN} more`] : [];
  throw new Refusal(
    400,
    first.code,
    [...problems.slice(0, SHOWN).map(({ message }) => message), ...more].join("\n"),
    { problems: problems.slice(0, SHOWN) },
  );
}
