// Runs a measurement of ours in a process of its own.

/** The figures that a module prints as its last line. @throws {Error} When it fails. */
export async function alone(module: URL, args: readonly string[] = []): Promise<Record<string, number>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-prompt", module.href, ...args],
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`${module.pathname} ${args.join(" ")} failed: ${text(stderr).slice(-1000)}`);
  return JSON.parse(text(stdout).split("\n").at(-1)!);
}
