// millrace export, import and show --where, as a user types them.
import assert from "node:assert/strict";
import { main } from "../packages/cli/program.ts";
import { memoryIo } from "../packages/cli/io.ts";

async function millrace(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = memoryIo();
  const code = await main(args, io);
  return { code, out: io.stdout, err: io.stderr };
}

async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await millrace(...args);
  assert.equal(code, 0, err);
  return out;
}

Deno.test("millrace export writes what import stores again, in every format, and show selects", async (t) => {
  const root = await Deno.makeTempDir({ prefix: "millrace_cli_export_" });
  try {
    const data = `${root}/data`;
    await ok(
      "sim",
      "--out",
      `${root}/run_7`,
      "--channels",
      "2",
      "--rate",
      "500Hz",
      "--duration",
      "1s",
      "--quiet",
    );
    await ok(
      "run",
      `${root}/run_7`,
      "--type",
      "hit_threshold,basic_features,records",
      "--store",
      data,
      "--executor",
      "inline",
      "--quiet",
    );
    const shown = (run: string, type: string, ...more: string[]) =>
      ok("show", data, run, type, "--json", ...more);
    const all = await shown("run_7", "hit_threshold");

    for (const ending of ["parquet", "arrow", "npz", "csv", "jsonl"]) {
      await t.step(ending, async () => {
        const file = `${root}/hits.${ending}`;
        assert.match(
          await ok("export", data, "run_7", "hit_threshold", "--to", file),
          /hits\.\w+: [\d ]+ rows, /,
        );
        const types =
          JSON.parse(await ok("show", data, "run_7", "--json")).find((one: { dataType: string }) =>
            one.dataType === "hit_threshold"
          ).columns;
        const schema = ["csv", "jsonl"].includes(ending) ? ["--schema", JSON.stringify(types)] : [];
        await ok("import", file, "--run", "run_8", "--type", ending, "--store", data, ...schema);
        assert.equal(await shown("run_8", ending), all);
        const again = await millrace(
          "import",
          file,
          "--run",
          "run_8",
          "--type",
          ending,
          "--store",
          data,
          ...schema,
        );
        assert.equal(again.code, 2);
        assert.match(again.err, /has it already; give another --type, or --replace/);
        await ok("import", file, "--run", "run_8", "--type", ending, "--store", data, "--replace", ...schema);
      });
    }

    await t.step("--where, --columns and --time apply to show and export alike", async () => {
      const part = [
        "--where",
        "height > 500 and channel in (1, 3)",
        "--columns",
        "channel,height",
        "--time",
        "0..800ms",
      ];
      const rows = JSON.parse(await shown("run_7", "hit_threshold", ...part)) as {
        height: number;
        channel: number;
      }[];
      assert.ok(rows.length > 3 && rows.every(({ height, channel }) => height > 500 && channel === 1));
      const out = await ok(
        "export",
        data,
        "run_7",
        "hit_threshold",
        "--to",
        `${root}/part.csv`,
        "--json",
        ...part,
      );
      assert.equal(JSON.parse(out).rows, rows.length);
      assert.equal((await Deno.readTextFile(`${root}/part.csv`)).split("\n").length, rows.length + 2);
    });

    await t.step("codecs hold the same rows", async () => {
      const wanted = await shown("run_7", "records", "--limit", "20");
      for (const codec of ["none", "zstd", "waveform"]) {
        await ok(
          "run",
          `${root}/run_7`,
          "--type",
          "records",
          "--store",
          `${root}/${codec}`,
          "--codec",
          codec,
          "--executor",
          "inline",
          "--quiet",
        );
        assert.equal(
          await ok("show", `${root}/${codec}`, "run_7", "records", "--json", "--limit", "20"),
          wanted,
        );
      }
    });

    await t.step("what is wrong is said", async () => {
      const cases: [string[], RegExp][] = [
        [
          ["show", data, "run_7", "hit_threshold", "--where", "heigth > 3"],
          /unknown column "heigth"; did you mean "height"\?.*\n {2}heigth > 3\n {2}\^\^\^\^\^\^/s,
        ],
        [
          ["export", data, "run_7", "hit_threshold", "--to", `${root}/x.csv`, "--where", "height >"],
          /it ends where a column/,
        ],
        [["export", data, "run_7", "hit_threshold", "--to", `${root}/x.xls`], /Cannot tell the format of/],
        [
          ["export", data, "run_7", "hit_threshold", "--to", `${root}/absent/x.csv`],
          /Cannot write ".*absent\/x.csv": .*choose another place/,
        ],
        [
          ["export", data, "run_7", "hit_threshold,records", "--to", `${root}/x.csv`],
          /Cannot merge "hit_threshold" of kind/,
        ],
        [
          ["import", `${root}/none.csv`, "--run", "r", "--type", "t", "--store", data],
          /there is no such file/,
        ],
        [
          ["run", `${root}/run_7`, "--type", "records", "--store", data, "--codec", "zstdd"],
          /Unknown codec "zstdd"; did you mean "zstd"/,
        ],
      ];
      for (const [args, message] of cases) {
        const { code, err } = await millrace(...args);
        assert.ok(code === 1 || code === 2, `${args.join(" ")}: ${code} ${err}`);
        assert.match(err, message);
      }
      assert.deepEqual(
        (await Array.fromAsync(Deno.readDir(root))).filter(({ name }) => name.includes("x.")),
        [],
      );
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
