import assert from "node:assert/strict";
import { memoryIo } from "../io.ts";
import { main } from "../program.ts";

const SLOW = `
import { definePlugin } from "${import.meta.resolve("@millrace/core")}";
export const slow = definePlugin({
  provides: "slow",
  dependsOn: ["records"],
  version: "1",
  schema: { time: "time" },
  computeChunk(chunk, { emit }) {
    const until = performance.now() + 400;
    while (performance.now() < until);
    const out = emit(chunk.length);
    out.columns.time.set(chunk.columns.time);
    return out;
  },
});
`;

Deno.test("run shows what is done of the results, not what the source has read ahead", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/slow.ts`, SLOW);
    const sim = ["sim", "--out", `${folder}/run_1`, "--channels", "1", "--rate", "2kHz", "--duration", "1s"];
    assert.equal(await main(sim, memoryIo()), 0);
    const io = memoryIo({ errScreen: { terminal: true, columns: 100, rows: 30 }, unicode: false });
    const args = [
      "--plugin",
      `${folder}/slow.ts`,
      "--store",
      `${folder}/data`,
      "--chunk-size",
      "400",
      "--workers",
      "1",
    ];
    assert.equal(await main(["run", `${folder}/run_1`, "--type", "slow", ...args], io), 0, io.stderr);
    const shown = [...io.stderr.matchAll(/run_1: [#.]+ (\d+) %/g)].map(([, percent]) => Number(percent));
    // Each of the five chunks takes two looks; all of them are read at once.
    assert.ok(new Set(shown).size >= 4, `shown was ${shown}`);
    assert.ok(shown.filter((percent) => percent < 70).length > shown.length / 2, `shown was ${shown}`);
    assert.deepEqual(shown, shown.toSorted((a, b) => a - b));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
