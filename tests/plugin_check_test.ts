// `millrace plugin check` of plugins without a sample: any chunking of a simulated run, or of rows that are made up.
import assert from "node:assert/strict";
import { join } from "node:path";
import { main, memoryIo } from "@millrace/cli";

interface Case {
  readonly dependsOn: readonly string[];
  readonly needs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Code of computeChunk. */
  readonly body: string;
  /** More of the plugin. */
  readonly more?: string;
}

async function check({ dependsOn, needs, body, more = "" }: Case): Promise<{ code: number; text: string }> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_check_" });
  try {
    const section = {
      provides: ["found"],
      dependsOn,
      schema: { found: { time: "time", value: "f64" } },
      permissions: [],
    };
    const config = {
      name: "@lab/found",
      version: "1.0.0",
      license: "MIT",
      exports: "./mod.ts",
      imports: { "@millrace/core": "jsr:@millrace/core@^0.1.0" },
      millrace: { engine: "^0.1.0", plugins: { found: section } },
    };
    await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
    await Deno.writeTextFile(
      join(folder, "mod.ts"),
      `/** Finds. @module */
import { definePlugin, type Plugin } from "@millrace/core";
/** Finds. */
export const found: Plugin = definePlugin({
  module: import.meta.url,
  export: "found",
  provides: "found",
  dependsOn: ${JSON.stringify(dependsOn)},
  needs: ${JSON.stringify(needs)},
  version: "1",
  help: "Finds",
  schema: { time: "time", value: "f64" },
  ${more}
  computeChunk(chunk, { emit, inputs }) { void inputs; ${body} },
} as never) as unknown as Plugin;
`,
    );
    const io = memoryIo();
    const code = await main(["plugin", "check", folder], io);
    return { code, text: io.stdout + io.stderr };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const EACH = (value: string) => `
  const out = emit(chunk.length), { time } = chunk.columns;
  for (let i = 0; i < chunk.length; i++) { out.columns.time[i] = time[i]; out.columns.value[i] = ${value}; }
  return out;`;
const SAME = "found: same results for every chunking, in the sandbox";

Deno.test("a plugin without a sample is tried on a simulated run, or on rows that are made up", async () => {
  const hits = { dependsOn: ["hit_threshold"], needs: { hit_threshold: { time: "time", height: "f32" } } };
  const mine = {
    dependsOn: ["mine"],
    needs: { mine: { time: "time", wave: "u16[]", good: "bool", at: "time" } },
  };
  const cases: [Case, number, RegExp][] = [
    [
      { ...hits, body: EACH("chunk.columns.height[i]") },
      0,
      /in the sandbox, on a simulated run \(hit_threshold\): right/,
    ],
    [{ ...hits, body: EACH("i") }, 1, /same results for every chunking.*gives other results/],
    [
      {
        dependsOn: ["records", "basic_features"],
        needs: { records: { time: "time", wave: "u16[]" }, basic_features: { height: "f32" } },
        body: EACH("chunk.columns.height[i]"),
      },
      0,
      /on a simulated run \(records, basic_features\): right/,
    ],
    [{ ...mine, body: EACH("chunk.columns.good[i]") }, 0, /on rows that are made up \(mine\): right/],
    [{ ...mine, body: EACH("chunk.length") }, 1, /gives other results/],
    [
      { ...mine, body: 'throw new Error("no such wave");' },
      1,
      /On rows that are made up \(mine\): .*no such wave.*; correct it, or name a sample as "golden"/s,
    ],
    [
      { dependsOn: ["mine"], needs: {}, body: EACH("1") },
      0,
      /not checked: nothing is known of "mine": say in "needs"/,
    ],
  ];
  for (const [what, expected, says] of cases) {
    const { code, text } = await check(what);
    assert.match(text, says);
    assert.equal(code, expected, text);
    assert.ok(text.includes(SAME), text);
  }
});
