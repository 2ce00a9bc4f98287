// The plugin that docs/plugin_author.md writes, and the test that it writes for it, in a folder as README.md says.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const root = new URL("..", import.meta.url);

async function deno(folder: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  assert.ok(success, `${args.join(" ")}:\n${text.decode(stdout)}${text.decode(stderr)}`);
  return text.decode(stdout);
}

Deno.test("plugin_author.md: the plugin and its test are right as they are printed", async () => {
  const guide = await Deno.readTextFile(new URL("docs/plugin_author.md", root));
  const blocks = [...guide.matchAll(/^```(\S+).*\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language,
    text: text!,
  }));
  const block = (start: string, language = "ts") =>
    blocks.find((one) => one.language === language && one.text.includes(start))!.text;
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const config = readme.match(/^```json\n(\{\n {2}"links"[\s\S]*?)^```$/m)![1]!;
  const folder = await Deno.makeTempDir({ prefix: "millrace_guide_" });
  try {
    // The compiler's options are Deno's own there, not those of this repository.
    await Deno.writeTextFile(`${folder}/deno.json`, config.replaceAll("../millrace/", fileURLToPath(root)));
    await Deno.copyFile(new URL("deno.lock", root), `${folder}/deno.lock`); // exact versions, without asking npm
    await Deno.writeTextFile(`${folder}/follow_ups.ts`, block("export const followUps"));
    await Deno.writeTextFile(`${folder}/follow_ups_test.ts`, block("testPlugin(followUps"));
    assert.equal(await deno(folder, "run", "--check", "follow_ups.ts"), block("Table of 1 row", "text"));
    await deno(folder, "test", "follow_ups_test.ts");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
