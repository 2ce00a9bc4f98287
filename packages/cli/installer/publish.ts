/**
 * Publish with stock Deno, and sign: {@linkcode publishFolder}, {@linkcode signVersion}.
 * @module
 */
import { type KeyPair, sign, versionText } from "@millrace/registry-server/client";
import type { VersionSignatures } from "@millrace/registry-server/verify";
import { sha256 } from "./package_files.ts";
import type { RegistryReader } from "./registry_reader.ts";

/** How a folder is published. */
export interface PublishOptions {
  /** Origin of the registry. */
  readonly registry: string;
  /** What the registry is asked with; without one, `deno publish` opens a page. */
  readonly token: string | undefined;
  /** Check only. */
  readonly dryRun: boolean;
}

/**
 * Run `deno publish` in a folder; what it says goes to this process's standard error.
 *
 * @throws {Error} When it fails, or may not be run.
 */
export async function publishFolder(
  folder: string,
  { registry, token, dryRun }: PublishOptions,
): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "run", command: "/bin/sh" });
  if (state !== "granted") {
    throw new Error(
      'Cannot run deno publish: that needs the permission --allow-run=/bin/sh (behind "deno run"); or run it yourself, ' +
        `with JSR_URL=${registry}/ deno publish`,
    );
  }
  const args = [
    "publish",
    "--allow-dirty",
    ...dryRun ? ["--dry-run"] : [],
    ...token ? [`--token=${token}`] : [],
  ];
  const { code } = await new Deno.Command("/bin/sh", {
    args: ["-c", 'exec "$0" "$@" >&2', Deno.execPath(), ...args],
    cwd: folder,
    env: { JSR_URL: `${registry}/` },
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot publish "${folder}": deno publish ended with ${code}; see what it said`);
  }
}

/**
 * Sign what a registry has of a version that was just published, after comparing it with what was meant.
 *
 * @param expected SHA-256 by path of the files that must be in it: a registry cannot have something else signed.
 * @throws {Error} When the registry has other files, or refuses the signature.
 */
export async function signVersion(
  reader: RegistryReader,
  id: { readonly scope: string; readonly name: string; readonly version: string },
  key: Pick<KeyPair, "id" | "privateKey">,
  token: string,
  expected: ReadonlyMap<string, string>,
): Promise<void> {
  const { scope, name, version } = id;
  const full = `@${scope}/${name}@${version}`;
  const bytes = await reader.manifest(scope, name, version);
  const { manifest: files } = JSON.parse(new TextDecoder().decode(bytes)) as {
    manifest: Record<string, { checksum: string }>;
  };
  for (const [path, { checksum }] of Object.entries(files)) {
    if (checksum === `sha256-${expected.get(path)}`) continue;
    throw new Error(
      `Cannot sign ${full}: the registry has another "${path}" than this folder; publish from the folder as it is`,
    );
  }
  const signatures = await reader.signatures(scope, name, version);
  if (!signatures || signatures.manifest !== sha256(bytes)) {
    throw new Error(`Cannot sign ${full}: the registry tells different things of it`);
  }
  await send(
    reader.origin,
    `/scopes/${scope}/packages/${name}/versions/${version}/signature`,
    token,
    signatures,
    key,
  );
}

async function send(
  origin: string,
  path: string,
  token: string,
  { package: full, version, manifest }: VersionSignatures,
  { id, privateKey }: Pick<KeyPair, "id" | "privateKey">,
): Promise<void> {
  const signedAt = new Date().toISOString();
  const text = versionText("publisher", { package: full, version, manifest, signedAt });
  const response = await fetch(`${origin}/api${path}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ keyId: id, signature: await sign(text, privateKey), signedAt }),
  });
  if (response.ok) return await response.body?.cancel();
  const said = await response.text();
  let message = said;
  try {
    message = (JSON.parse(said) as { message: string }).message;
  } catch {
    // it is the text itself
  }
  throw new Error(`Cannot sign ${full}@${version}: ${message}`);
}
