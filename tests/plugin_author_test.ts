// The plugin that docs/plugin_author.md writes, and the test that it writes for it.

import assert from "node:assert/strict";

const root = new URL("..", import.meta.url);

async function deno(folder: string, ...args: string[]): Promise<string> {
  const config = new URL("deno.json", root).pathname;
  const [command, ...more] = args;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [command!, "--config", config, ...more],
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
  const folder = await Deno.makeTempDir({ prefix: "millrace_guide_" });
  try {
    await Deno.writeTextFile(`${folder}/follow_ups.ts`, block("export const followUps"));
    await Deno.writeTextFile(`${folder}/follow_ups_test.ts`, block("testPlugin(followUps"));
    assert.equal(await deno(folder, "run", "--check", "follow_ups.ts"), block("Table of 1 row", "text"));
    await deno(folder, "test", "--check", "follow_ups_test.ts");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
