// The README's section on plugins of others, its lines one after the other in a copy of the project.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { ROOT } from "./_run_example.ts";
import { shareNpm } from "./_registry.ts";
import { signalIfRunning } from "./_signal.ts";

const SKIPPED = new Set([
  ".git",
  ".ci",
  "node_modules",
  "target",
  "millrace-demo",
  "bin",
  "coverage",
  ".millrace",
]);

async function copyProject(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory, isFile } of Deno.readDir(from)) {
    if (SKIPPED.has(name)) continue;
    if (isDirectory) await copyProject(join(from, name), join(to, name));
    else if (isFile) await Deno.copyFile(join(from, name), join(to, name));
  }
}

/** The lines of each block of commands in the section, and its script. */
async function blocks(): Promise<{ commands: string[][]; script: string }> {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  const section = /^## Plugins of others$([^]*?)^## /m.exec(text)![1]!;
  const [[, script]] = [...section.matchAll(/^```ts ignore\n([^]*?)^```$/gm)] as [RegExpMatchArray];
  const commands = [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) =>
    block!.trim().split("\n")
  );
  return { commands, script: script! };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const hasScript = await new Deno.Command("sh", { args: ["-c", "command -v script"] }).output()
  .then(({ success }) => success);

Deno.test({
  name: `README: the lines on plugins of others work one after the other${
    hasScript ? "" : " (skipped: no script command)"
  }`,
  ignore: !hasScript,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "millrace_readme_" });
    const clone = join(folder, "millrace");
    const cache = join(folder, "cache");
    await copyProject(ROOT, clone);
    await shareNpm(cache);
    const port = String(freePort());
    const { commands: [serve, ...rest], script } = await blocks();
    assert.equal(rest.length, 4);
    // What differs from what is typed: the port; an alias, which a script does not have; somebody who types y; a file
    // that is written by hand.
    await Deno.writeTextFile(join(folder, "script.ts"), script.replaceAll("8000", port));
    const typed = (line: string): string => {
      const text = line.replaceAll("8000", port).replace(
        /^alias millrace="(.*)"$/,
        'export MILLRACE="$1"\nmillrace() { $MILLRACE "$@"; }',
      );
      if (text.endsWith(" script.ts")) return `mv ../script.ts .\n${text}`;
      return text.startsWith("millrace plugin add ")
        ? `printf 'y\\n' | script -qec "$MILLRACE ${text.slice(9)}" /dev/null`
        : text;
    };
    const env = {
      DENO_DIR: cache,
      NO_COLOR: "1",
      PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
      SHELL: "/bin/bash",
      TERM: "xterm",
      HOME: folder,
    };
    const bash = (lines: readonly string[]) =>
      new Deno.Command("bash", {
        args: ["-euo", "pipefail", "-c", lines.join("\n")],
        cwd: clone,
        clearEnv: true,
        env,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      });
    const server = bash([
      ...serve!.slice(0, -1).map(typed),
      typed(serve!.at(-1)!).replace(/^millrace /, "exec $MILLRACE "),
    ]).spawn();
    const logged = new Response(server.stderr).text();
    try {
      const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let said = "";
      while (!said.includes("Listening")) said += (await lines.read()).value ?? assert.fail(await logged);
      await lines.cancel();
      const lined = rest.flat().flatMap((line) => [`echo '$ ${line.replaceAll("'", "")}'`, typed(line)]);
      const { code, stdout, stderr } = await bash(lined).output();
      const decoder = new TextDecoder();
      const out = decoder.decode(stdout);
      assert.equal(code, 0, `${out}\n${decoder.decode(stderr)}`);
      assert.match(out, /NEW KEY of @lab: [0-9a-f]{16}/);
      assert.match(out, /Added @lab\/my-hits 0\.1\.0/);
      assert.match(out, /myHits: same results for every chunking, in the sandbox, on its sample: right/);
      assert.match(out, /my_hits +computed/);
      assert.match(out, /@lab\/my-hits \(myHits\): 5 files as installed, sample right/);
      assert.match(out, /^[1-9]\d* hits$/m, "the script");
      assert.match(out, /1 package is in the logs of their registries/);
    } finally {
      signalIfRunning(server, "SIGTERM");
      await server.status;
      await logged;
      await Deno.remove(folder, { recursive: true });
    }
  },
});
