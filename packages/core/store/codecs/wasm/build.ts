/**
 * Makes the modules of the codecs of their sources: `deno run -A packages/core/store/codecs/wasm/build.ts`.
 *
 * The compiler is AssemblyScript, from npm; only this script and its test use it, and what it makes is committed.
 * @module
 */

/** The compiler: another version may give other bytes. */
export const COMPILER = "npm:assemblyscript@0.28.18/asc";

/**
 * What each module is made of: its own source and what that imports; bytes at the start of its memory for fixed tables; pages of 64 KiB
 * that it begins with.
 */
export const MODULES: Readonly<Record<string, { parts: readonly string[]; base: number; pages: number }>> = {
  planes: { parts: ["zstd_block", "numbers"], base: 0, pages: 40 },
  unzstd: {
    parts: ["join_rows", "numbers", "unzstd_block", "unzstd_damage", "unzstd_fse", "unzstd_huffman"],
    base: 0x6000,
    pages: 16,
  },
};

const here = new URL("./", import.meta.url);

/** Whether the compiler is on this machine or, with `online`, can be fetched. */
export async function hasCompiler(online = false): Promise<boolean> {
  return (await run(online ? [] : ["--cached-only"], ["--version"])).success;
}

/** A module as the compiler makes it from the source. @throws {Error} With the compiler's message, where it fails. */
export async function compile(name: string): Promise<Uint8Array> {
  const { parts, base, pages } = MODULES[name]!;
  const folder = await Deno.makeTempDir({ prefix: "millrace_wasm_" });
  try {
    // The compiler takes files named *.ts; ours isn't one, since it is no TypeScript.
    for (const part of [name, ...parts]) {
      await Deno.copyFile(new URL(`${part}.as`, here), `${folder}/${part}.ts`);
    }
    const { success, stderr } = await run([], [
      `${folder}/${name}.ts`,
      ...["--outFile", `${folder}/${name}.wasm`, "--baseDir", folder],
      ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--initialMemory", String(pages)],
      ...(base > 0 ? ["--memoryBase", String(base)] : []),
    ]);
    if (!success) throw new Error(`Cannot compile ${name}.as: ${new TextDecoder().decode(stderr)}`);
    return await Deno.readFile(`${folder}/${name}.wasm`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function run(flags: readonly string[], args: readonly string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-config", "--no-lock", ...flags, COMPILER, ...args],
    env: { NO_COLOR: "1" },
  }).output();
}

if (import.meta.main) {
  for (const name of Object.keys(MODULES)) {
    const bytes = await compile(name);
    await Deno.writeFile(new URL(`${name}.wasm`, here), bytes);
    console.log(`${name}.wasm: ${bytes.length} bytes`);
  }
}
