/**
 * `millrace plugin publish`.
 * @module
 */
import { resolve } from "node:path";
import { Analyser, type KeyPair } from "@millrace/registry-server/client";
import { openRegistry } from "../../installer/propose.ts";
import { sha256 } from "../../installer/package_files.ts";
import { publishFolder, signVersion } from "../../installer/publish.ts";
import { candidateOf, readFolder } from "../../installer/read_folder.ts";
import { UsageError } from "../../errors.ts";
import type { Io } from "../../io.ts";
import { installerOf, tell } from "./install.ts";

/** What publishing is told. */
export interface PublishSettings {
  /** Origin of the registry. */
  readonly registry?: string | undefined;
  /** What it is asked with. */
  readonly token?: string | undefined;
  /** File with the publisher's key. */
  readonly key?: string | undefined;
  /** Check only. */
  readonly dryRun?: true | undefined;
  /** Tell what was done as JSON. */
  readonly json?: true | undefined;
  /** Say nothing but errors. */
  readonly quiet?: true | undefined;
}

/** Publish a folder, and sign it. @throws {Error} When it is refused. */
export async function publishAction(folder: string, settings: PublishSettings, io: Io): Promise<void> {
  const { key: keyFile, dryRun = false } = settings;
  const token = settings.token ?? environmentToken();
  if (keyFile !== undefined && token === undefined && !dryRun) {
    throw new UsageError("Cannot sign without a token: give --token, or set the variable MILLRACE_TOKEN");
  }
  const key = keyFile === undefined ? undefined : await readKey(keyFile);
  using analyser = new Analyser();
  const path = resolve(folder);
  const read = await readFolder(path, analyser);
  const { scope, name, version } = candidateOf(read);
  const full = `@${scope}/${name}@${version}`;
  const lock = await installerOf({}).read();
  const { reader } = await openRegistry(read.config.name, { lock, registry: settings.registry });
  const there = await reader.signatures(scope, name, version);
  if (there && (there.publisher || !key)) {
    throw new Error(
      `Cannot publish ${full}: ${reader.origin} has that version already, and a version never changes; raise "version" in ` +
        `"${read.configPath}"`,
    );
  }
  // One that is there and nobody signed yet is signed, if it has the same files.
  await publishFolder(path, { registry: reader.origin, token, dryRun });
  if (dryRun) return tell({ package: full, published: false }, `${full} can be published\n`, settings, io);
  if (key) {
    const expected = new Map([...read.files].map(([file, bytes]) => [file, sha256(bytes)]));
    await signVersion(reader, { scope, name, version }, key, token!, expected);
  }
  const signed = key
    ? `signed with the key ${key.id}`
    : "not signed: users have to take it unverified (see --key)";
  tell(
    { package: full, published: true, key: key?.id ?? null },
    `Published ${full}, ${signed}\n`,
    settings,
    io,
  );
}

function environmentToken(): string | undefined {
  const name = { name: "env", variable: "MILLRACE_TOKEN" } as const;
  return Deno.permissions.querySync(name).state === "granted" ? Deno.env.get(name.variable) : undefined;
}

async function readKey(file: string): Promise<KeyPair> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    throw new Error(
      `Cannot read the key "${file}": ${
        (cause as Error).message
      }; make one with millrace registry key create ${file}`,
      { cause },
    );
  }
  try {
    const pair = JSON.parse(text) as KeyPair;
    if ([pair.id, pair.publicKey, pair.privateKey].every((part) => typeof part === "string")) return pair;
  } catch {
    // said below
  }
  throw new SyntaxError(`Cannot read "${file}" as a key: make one with millrace registry key create`);
}
