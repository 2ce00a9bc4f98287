/**
 * Makes `planes.wasm` of `planes.as` and `zstd_block.as`: `deno run -A packages/core/store/codecs/wasm/build.ts`.
 *
 * The compiler is AssemblyScript, from npm; only this script and its test use it, and what it makes is committed.
 * @module
 */

/** The compiler: another version may give other bytes. */
export const COMPILER = "npm:assemblyscript@0.28.18/asc";

const here = new URL("./", import.meta.url);

/** Whether the compiler is on this machine or, with `online`, can be fetched. */
export async function hasCompiler(online = false): Promise<boolean> {
  return (await run(online ? [] : ["--cached-only"], ["--version"])).success;
}

/** The module as the compiler makes it from the source. @throws {Error} With the compiler's message, where it fails. */
export async function compile(): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_wasm_" });
  try {
    // The compiler takes files named *.ts; ours isn't one, since it is no TypeScript.
    for (const name of ["planes", "zstd_block", "numbers"]) {
      await Deno.copyFile(new URL(`${name}.as`, here), `${folder}/${name}.ts`);
    }
    const { success, stderr } = await run([], [
      `${folder}/planes.ts`,
      ...["--outFile", `${folder}/planes.wasm`, "--baseDir", folder],
      ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--initialMemory", "32"],
    ]);
    if (!success) throw new Error(`Cannot compile planes.as: ${new TextDecoder().decode(stderr)}`);
    return await Deno.readFile(`${folder}/planes.wasm`);
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
  const bytes = await compile();
  await Deno.writeFile(new URL("planes.wasm", here), bytes);
  console.log(`planes.wasm: ${bytes.length} bytes`);
}
