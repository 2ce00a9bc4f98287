import assert from "node:assert/strict";
import { HAS_REAL_FILE, inFolder, millrace, millraceJson, REAL_FILE, resultFolder, SKIPPED } from "./_cli.ts";

interface Summary {
  runId: string;
  bytesRead: number;
  plugins: { plugin: string; rows: number | null; stored: Record<string, string> }[];
}
type Row = Record<string, unknown>;

Deno.test({
  ignore: !HAS_REAL_FILE,
  name: `millrace run gives the same 102 records and hits for every chunk size${SKIPPED}`,
  fn: inFolder(async (cwd) => {
    const results: string[] = [];
    for (const size of [1, 7, 50, 100_000]) {
      const store = `data_${size}`;
      const args = ["run", REAL_FILE, "--type", "records,hit_threshold,basic_features", "--store", store];
      const summary = await millraceJson<Summary>([...args, "--chunk-size", String(size)], { cwd });
      assert.equal(summary.runId, "compass_test_data");
      assert.equal(summary.bytesRead, (await Deno.stat(REAL_FILE)).size);
      const records = summary.plugins.find(({ plugin }) => plugin === "records");
      assert.deepEqual([records?.rows, records?.stored], [102, {
        records: await resultFolder(cwd, `${store}/compass_test_data/records`),
      }]);
      const shown: string[] = [];
      for (const type of ["records", "hit_threshold", "basic_features"]) {
        const { code, out, err } = await millrace(["show", store, "compass_test_data", type, "--json"], {
          cwd,
        });
        assert.deepEqual([code, err], [0, ""]);
        shown.push(out);
      }
      const rows = shown.map((text) => JSON.parse(text) as Row[]);
      assert.deepEqual([rows[0]!.length, rows[2]!.length], [102, 102]);
      assert.ok(rows[1]!.length > 0);
      assert.ok((rows[0]![0]!.wave as number[]).length > 0);
      results.push(shown.join(""));
    }
    assert.equal(new Set(results).size, 1);
  }),
});
