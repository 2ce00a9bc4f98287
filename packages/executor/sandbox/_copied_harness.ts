/**
 * Where Millrace was imported by URL: a copy of what sandboxes load, made from Deno's own cache, since a sandbox reads local files
 * only and fetches nothing. The copy is named by its content and compared with the cache each time.
 * @module
 */
import { dirname, join } from "node:path";
import { fileUrl, type Harness } from "./_harness.ts";
import { CORE, OWN } from "./_modules.ts";

/** $0: deno, then arguments of `deno info`. Prints the folder for copies, then what Deno knows of the modules. */
const SCRIPT = `
echo "\${DENO_DIR:-\${XDG_CACHE_HOME:-$HOME/.cache}/deno}/millrace"
exec "$0" info --json --no-npm --no-lock --no-config "$@"
`;

/** What `deno info --json` says of a module. */
interface Module {
  readonly specifier: string;
  readonly local?: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly isDynamic?: boolean;
    readonly code?: {
      readonly specifier?: string;
      readonly error?: string;
      readonly span: { readonly start: { readonly line: number; readonly character: number } };
    };
  }[];
}

interface Info {
  readonly modules: readonly Module[];
  readonly redirects: Readonly<Record<string, string>>;
}

let copied: Promise<Harness> | undefined;

/** The harness, copied from Deno's cache; looked for once. @throws {Error} When a module of it is not in the cache. */
export function copiedHarness(imports: Readonly<Record<string, string>>): Promise<Harness> {
  return copied ??= copy(imports).catch((error) => {
    copied = undefined;
    throw error;
  });
}

async function copy(names: Readonly<Record<string, string>>): Promise<Harness> {
  const list = new URL("./_modules.ts", import.meta.url).href;
  const { root, info } = await ask(list, names);
  const known = new Map(info.modules.map((module) => [module.specifier, module]));
  const find = (url: string): Module => {
    let at = url;
    for (let hops = 0; info.redirects[at] !== undefined && hops < 10; hops++) at = info.redirects[at]!;
    const found = known.get(at);
    if (found?.local !== undefined) return found;
    throw new Error(
      `Cannot start a sandbox: "${url}", which Millrace imports, is not in Deno's cache${
        found?.error ? ` (${found.error})` : ""
      }; run the program once with --reload`,
    );
  };
  // In the order of the text, whatever they are called in there.
  const starts = (find(list).dependencies ?? []).filter(({ isDynamic }) => isDynamic)
    .map(({ code }) => code!)
    .toSorted(({ span: { start: a } }, { span: { start: b } }) =>
      a.line - b.line || a.character - b.character
    );
  const subpaths = Object.keys(CORE), own = Object.keys(OWN);
  if (starts.length !== own.length + subpaths.length) {
    throw new Error(`Cannot start a sandbox: "${list}" names ${starts.length} modules that Deno knows`);
  }
  const reached = new Map<string, Module>();
  const visit = (module: Module): void => {
    if (reached.has(module.specifier)) return;
    reached.set(module.specifier, module);
    for (const { code, isDynamic } of module.dependencies ?? []) {
      if (code && !isDynamic && !/^node:/.test(code.specifier ?? "")) visit(find(urlOf(code, module)));
    }
  };
  const roots = starts.map((code) => find(urlOf(code, find(list))));
  roots.forEach(visit);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { specifier, local } of reached.values()) {
    files.set(placeOf(specifier), withoutMetadata(await Deno.readFile(local!)));
  }
  const folder = await write(root, files);
  const at = ({ specifier }: Module) => fileUrl(join(folder, placeOf(specifier)));
  const imports: Record<string, string | null> = {};
  for (const module of reached.values()) {
    for (const { specifier, code, isDynamic } of module.dependencies ?? []) {
      if (specifier.startsWith("npm:")) imports[specifier] = null; // of what is not done in a sandbox
      if (!code || isDynamic || /^node:/.test(code.specifier ?? "")) continue;
      const key = /^\.{0,2}\//.test(specifier) ? new URL(specifier, at(module)).href : specifier;
      const target = at(find(urlOf(code, module)));
      if (key === target) continue;
      if ((imports[key] ?? target) !== target) {
        throw new Error(`Cannot start a sandbox: Millrace's modules mean two things by "${specifier}"`);
      }
      imports[key] = target;
    }
  }
  const [main, inside, ...core] = roots.map(at);
  return {
    main: main!,
    inside: inside!,
    core: new Map(subpaths.map((sub, k) => [sub, core[k]!])),
    coreFolder: folder,
    imports,
  };
}

function urlOf({ specifier, error }: { specifier?: string; error?: string }, from: Module): string {
  if (specifier !== undefined) return specifier;
  throw new Error(`Cannot start a sandbox: "${from.specifier}" imports what cannot be found: ${error}`);
}

async function ask(
  list: string,
  imports: Readonly<Record<string, string>>,
): Promise<{ root: string; info: Info }> {
  const map = `--import-map=data:application/json,${encodeURIComponent(JSON.stringify({ imports }))}`;
  const { success, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", SCRIPT, Deno.execPath(), map, list],
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) {
    throw new Error(
      `Cannot start a sandbox: deno info of "${list}" failed: ${new TextDecoder().decode(stderr)}`,
    );
  }
  const end = text.indexOf("\n");
  return { root: text.slice(0, end), info: JSON.parse(text.slice(end)) as Info };
}

/** Path of a module in the copy: relative imports then lead where they led. */
function placeOf(url: string): string {
  const { protocol, host, pathname, search } = new URL(url);
  if (search !== "" || !/\.(?:[cm]?[jt]sx?|json|wasm)$/.test(pathname) || /%2f|%00/i.test(pathname)) {
    throw new Error(`Cannot start a sandbox: the address "${url}" of a module of Millrace has no plain name`);
  }
  return `${protocol.slice(0, -1)}/${host.replace(/[^\w.-]/g, "_") || "local"}${pathname}`;
}

const METADATA = new TextEncoder().encode("\n// denoCacheMetadata=");

/** What was fetched, without the line that Deno's cache appends to it. */
function withoutMetadata(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = bytes.lastIndexOf(METADATA[0]!);
  const isMetadata = at >= 0 && METADATA.every((byte, k) => bytes[at + k] === byte);
  return isMetadata ? bytes.subarray(0, at) : bytes;
}

/** Writes the files to a folder that their content names. It appears whole, and is made anew where it is not what it was. */
async function write(root: string, files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<string> {
  const parts: string[] = [];
  for (const [path, bytes] of files) {
    parts.push(`${path} ${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`);
  }
  const text = new TextEncoder().encode(parts.sort().join("\n"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex().slice(0, 16);
  const folder = join(root, `modules-${hash}`);
  if (await isSame(folder, files)) return folder;
  const temporary = join(root, `modules-${crypto.randomUUID()}`);
  for (const [path, bytes] of files) {
    await Deno.mkdir(dirname(join(temporary, path)), { recursive: true });
    await Deno.writeFile(join(temporary, path), bytes);
  }
  try {
    await Deno.remove(folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.rename(temporary, folder);
  } catch (error) {
    await Deno.remove(temporary, { recursive: true });
    if (!await isSame(folder, files)) throw error; // somebody else was quicker
  }
  return folder;
}

async function isSame(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
  for (const [path, bytes] of files) {
    const there = await Deno.readFile(join(folder, path)).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (there?.length !== bytes.length || !bytes.every((byte, k) => there[k] === byte)) return false;
  }
  return true;
}
