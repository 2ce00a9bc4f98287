// A registry that computes the samples of what is published: right ones pass, wrong ones and hostile ones are refused.
import assert from "node:assert/strict";
import { join } from "node:path";
import { main, memoryIo } from "@millrace/cli";
import { Analyser } from "@millrace/registry-server/client";
import { checkCandidate } from "../packages/cli/installer/check_candidate.ts";
import { readFolder } from "../packages/cli/installer/read_folder.ts";
import { startPluginLab } from "./_plugins.ts";
import { archiveOf } from "../packages/registry-server/rules/_fixture_testing.ts";

Deno.test("a registry with --check-samples refuses plugins whose samples come out wrong", async () => {
  await using lab = await startPluginLab({ checkSamples: checkCandidate });
  const folder = join(lab.folder, "long-ones");
  assert.equal(await main(["plugin", "init", folder, "--scope", "lab"], memoryIo()), 0);
  using analyser = new Analyser();
  const publish = async (version: string, change: (text: string) => string) => {
    const { files, config } = await readFolder(folder, analyser);
    const text = (path: string) => new TextDecoder().decode(files.get(path));
    const base64 = (path: string) => files.get(path)!.toBase64();
    const response = await fetch(
      `${lab.server.origin}/api/scopes/lab/packages/long-ones/versions/${version}`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${lab.token}` },
        body: await archiveOf({
          mod: change(text("/mod.ts")),
          config: {
            name: config.name,
            version,
            license: "MIT",
            exports: "./mod.ts",
            millrace: config.millrace,
          },
          entries: ["/in.arrow", "/out.arrow"].map((path) => ({ path: path.slice(1), base64: base64(path) })),
        }),
      },
    );
    return [response.status, await response.text()] as const;
  };
  assert.deepEqual((await publish("1.0.0", (text) => text))[0], 200);
  const cases: [(text: string) => string, RegExp][] = [
    [
      (text) => text.replace("length < options", "length <= options"),
      /sample of the plugin \\"longOnes\\" comes out wrong: .* of row 1 is 200000, expected is 150000/,
    ],
    [
      (text) => text.replace("= length;", "= length + 1;"),
      /\\"length\\" of row 0 is 30001, expected is 30000/,
    ],
    [(text) => text.replace("let n = 0;", "throw new Error('no');"), /comes out wrong: .*no/],
    [(text) => `${text}\nDeno.readTextFileSync("/etc/hostname");`, /read access/],
    [(text) => `${text}\nDeno.exit(0);`, /comes out wrong/],
  ];
  for (const [k, [change, message]] of cases.entries()) {
    const [status, told] = await publish(`1.0.${k + 1}`, change);
    assert.equal(status, 400, told);
    assert.match(told, /"code":"pluginSample"/);
    assert.match(told, message);
  }
  const versions = await (await lab.api("GET", "/scopes/lab/packages/long-ones/versions")).json();
  assert.deepEqual(versions.map(({ version }: { version: string }) => version), ["1.0.0"]);
  assert.equal((await publish("2.0.0", (text) => text))[0], 200, "and the registry goes on");
});
