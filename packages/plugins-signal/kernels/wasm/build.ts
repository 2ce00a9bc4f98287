/**
 * Makes each `*.wasm` of its `*.as`: `deno run -A packages/plugins-signal/kernels/wasm/build.ts`.
 *
 * The compiler is AssemblyScript, from npm; only this script and its test use it, and what it makes is committed.
 * @module
 */

/** The compiler: another version may give other bytes. */
export const COMPILER = "npm:assemblyscript@0.28.18/asc";

/** The modules, and where each has its memory from: another module beside it, or undefined where it has one of its own. */
export const MODULES = { signal: undefined, strax: "./memory.ts" } as const;

/** Flags for a memory from outside: that of `@millrace/core/kernel-memory`. */
const IMPORTED = [
  ...["--importMemory", "--sharedMemory", "--enable", "threads"],
  ...["--initialMemory", "2", "--maximumMemory", "65536"],
];

const here = new URL("./", import.meta.url);

/** Whether the compiler is on this machine or, with `online`, can be fetched. */
export async function hasCompiler(online = false): Promise<boolean> {
  return (await run(online ? [] : ["--cached-only"], ["--version"])).success;
}

/** A module as the compiler makes it from its source. @throws {Error} With the compiler's message, where it fails. */
export async function compile(name: keyof typeof MODULES): Promise<Uint8Array<ArrayBuffer>> {
  const from = MODULES[name];
  const folder = await Deno.makeTempDir({ prefix: "millrace_wasm_" });
  try {
    // The compiler takes files named *.ts; ours isn't one, since it is no TypeScript.
    await Deno.copyFile(new URL(`${name}.as`, here), `${folder}/${name}.ts`);
    const { success, stderr } = await run([], [
      `${folder}/${name}.ts`,
      ...["--outFile", `${folder}/${name}.wasm`, "--baseDir", folder],
      ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd"],
      ...from === undefined ? ["--initialMemory", "1"] : IMPORTED,
    ]);
    if (!success) throw new Error(`Cannot compile ${name}.as: ${new TextDecoder().decode(stderr)}`);
    const bytes = await Deno.readFile(`${folder}/${name}.wasm`);
    return from === undefined ? bytes : importFrom(bytes, from);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A module whose only import, that of the memory, is from a module of that name instead of "env". */
function importFrom(bytes: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer> {
  const given = new TextEncoder().encode("env"), wanted = new TextEncoder().encode(name);
  // Sections: id, LEB128 of the size, content. The import section comes second; its content is a count of 1, then names.
  for (let at = 8; at < bytes.length;) {
    const [size, content] = numberAt(bytes, at + 1);
    const end = content + size, from = content + 2 + given.length;
    if (bytes[at] === IMPORTS) {
      const isOnly = bytes[content] === 1 && bytes[content + 1] === given.length;
      if (!isOnly || !given.every((byte, i) => bytes[content + 2 + i] === byte)) break;
      const section = [1, wanted.length, ...wanted, ...bytes.subarray(from, end)];
      if (section.length > 127) break;
      return Uint8Array.from([
        ...bytes.subarray(0, at),
        ...[IMPORTS, section.length, ...section],
        ...bytes.subarray(end),
      ]);
    }
    at = end;
  }
  throw new Error("The compiler made no module whose only import is a memory of env");
}

const IMPORTS = 2;

/** An unsigned LEB128 number, and where it ends. */
function numberAt(bytes: Uint8Array, at: number): [number: number, end: number] {
  let number = 0;
  for (let shift = 0;; shift += 7) {
    const byte = bytes[at++]!;
    number |= (byte & 127) << shift;
    if (byte < 128) return [number, at];
  }
}

function run(flags: readonly string[], args: readonly string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-config", "--no-lock", ...flags, COMPILER, ...args],
    env: { NO_COLOR: "1" },
  }).output();
}

if (import.meta.main) {
  for (const name of Object.keys(MODULES) as (keyof typeof MODULES)[]) {
    const bytes = await compile(name);
    await Deno.writeFile(new URL(`${name}.wasm`, here), bytes);
    console.log(`${name}.wasm: ${bytes.length} bytes`);
  }
}
