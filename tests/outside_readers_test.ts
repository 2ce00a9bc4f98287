// Programs that share no code with Millrace read its files: the scripts of docs/export.md over exported ones, Arrow libraries over
// stored ones.
import assert from "node:assert/strict";
import zlib from "node:zlib";
import { memoryIo } from "../packages/cli/io.ts";
import { main } from "../packages/cli/program.ts";

const GUIDE = await Deno.readTextFile(new URL("../docs/export.md", import.meta.url));

/** The blocks of a language in the guide. */
function blocks(language: string): string[] {
  return [...GUIDE.matchAll(new RegExp("```" + language + "\\n(.*?)```", "gs"))].map(([, text]) => text!);
}

async function ok(...args: string[]): Promise<string> {
  const io = memoryIo();
  assert.equal(await main(args, io), 0, io.stderr);
  return io.stdout;
}

interface Hit {
  readonly time: string;
  readonly endtime: string;
  readonly channel: number;
  readonly height: number;
}

/** A folder with a store of a simulated run, and its hits. */
async function withRun(work: (folder: string, hits: Hit[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_outside_" });
  try {
    await ok(
      "sim",
      "--out",
      `${folder}/run_7`,
      "--channels",
      "3",
      "--rate",
      "500Hz",
      "--duration",
      "1s",
      "--quiet",
    );
    for (const [store, codec] of [["data", "waveform"], ["plain", "zstd"]] as const) {
      await ok(
        ...["run", `${folder}/run_7`, "--type", "hit_threshold,records", "--store", `${folder}/${store}`],
        ...["--codec", codec, "--executor", "inline", "--quiet"],
      );
    }
    await work(
      folder,
      JSON.parse(await ok("show", `${folder}/data`, "run_7", "hit_threshold", "--json")) as Hit[],
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const exported = (folder: string, type: string, file: string, ...more: string[]) =>
  ok("export", `${folder}/data`, "run_7", type, "--to", `${folder}/${file}`, ...more);

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
const close = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-6 * Math.abs(b), `${a} is not ${b}`);

let duckdb: typeof import("@duckdb/node-api") | undefined, why = "";
try {
  duckdb = await import("@duckdb/node-api");
} catch (error) {
  why = ` (skipped: @duckdb/node-api cannot be loaded: ${(error as Error).message.split("\n")[0]})`;
}

Deno.test({
  name: `DuckDB runs the guide's query over an exported Parquet file${why}`,
  ignore: duckdb === undefined,
  fn: () =>
    withRun(async (folder, hits) => {
      await exported(folder, "hit_threshold", "hits.parquet");
      const [query] = blocks("sql");
      const instance = await duckdb!.DuckDBInstance.create(":memory:");
      const connection = await instance.connect();
      try {
        const read = async (text: string) =>
          (await connection.runAndReadAll(text.replaceAll("'hits.parquet'", `'${folder}/hits.parquet'`)))
            .getRowObjects();
        const rows = await read(query!);
        const channels = [...new Set(hits.map(({ channel }) => channel))].sort();
        assert.deepEqual(rows.map(({ channel }) => channel), channels);
        for (const row of rows) {
          const own = hits.filter(({ channel, height }) => channel === row["channel"] && height > 20);
          assert.equal(row["hits"], BigInt(own.length));
          close(row["height"] as number, mean(own.map(({ height }) => height)));
          close(
            Number(row["longest_ns"]),
            Math.max(...own.map(({ time, endtime }) => Number(BigInt(endtime) - BigInt(time)))) / 1000,
          );
        }
        const times = (await read("SELECT time FROM 'hits.parquet'")).map(({ time }) => String(time));
        assert.deepEqual(times, hits.map(({ time }) => time));
      } finally {
        connection.closeSync();
        instance.closeSync();
      }
    }),
});

/** A Python with some modules, or what is missing. */
function python(modules: string): { python: string } | { missing: string } {
  for (const python of ["/usr/bin/python3", "python3"]) {
    try {
      const { success } = new Deno.Command(python, {
        args: ["-c", `import ${modules}`],
        stdout: "null",
        stderr: "null",
      }).outputSync();
      if (success) return { python };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { missing: ` (skipped: no Python with ${modules}: apt-get install python3-numpy python3-pandas)` };
}

async function run(program: string, folder: string, script: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: ["-c", script], cwd: folder })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

const [pandasScript, numpyScript] = blocks("python") as [string, string];

const pandas = python("pandas");
Deno.test({
  name: `pandas runs the guide's script over an exported CSV file${
    "missing" in pandas ? pandas.missing : ""
  }`,
  ignore: "missing" in pandas,
  fn: () =>
    withRun(async (folder, hits) => {
      await exported(folder, "hit_threshold", "hits.csv");
      const [head, ...lines] = (await run((pandas as { python: string }).python, folder, pandasScript)).split(
        "\n",
      );
      assert.equal(head, "channel,count,mean");
      assert.equal(lines.length, new Set(hits.map(({ channel }) => channel)).size);
      for (const line of lines) {
        const [channel, count, height] = line.split(",").map(Number) as [number, number, number];
        const own = hits.filter((hit) => hit.channel === channel);
        assert.equal(count, own.length);
        close(height, mean(own.map(({ height }) => height)));
      }
    }),
});

const numpy = python("numpy");
Deno.test({
  name: `numpy runs the guide's script over exported NPY and NPZ files${
    "missing" in numpy ? numpy.missing : ""
  }`,
  ignore: "missing" in numpy,
  fn: () =>
    withRun(async (folder, hits) => {
      await exported(folder, "hit_threshold", "hits.npy");
      await exported(folder, "records", "records.npz", "--time", "0..100ms");
      const [one, two] = (await run((numpy as { python: string }).python, folder, numpyScript)).split("\n");
      const high = hits.filter(({ height }) => height > 20);
      const [count, last, height] = one!.split(" ");
      assert.deepEqual([Number(count), last], [high.length, high.at(-1)!.time]);
      close(Number(height), mean(high.map(({ height }) => height)));
      const [record] = JSON.parse(
        await ok("show", `${folder}/data`, "run_7", "records", "--json", "--limit", "1"),
      ) as [{ time: string; wave: number[] }];
      assert.equal(two, `${record.time} ${Math.max(...record.wave)}`);
    }),
});

Deno.test("apache-arrow reads stored files as they are, with a zstd decompressor", () =>
  withRun(async (folder, hits) => {
    const arrow = await import("apache-arrow");
    arrow.compressionRegistry.set(arrow.CompressionType.ZSTD, {
      encode: (bytes) => zlib.zstdCompressSync(bytes),
      decode: (bytes) => zlib.zstdDecompressSync(bytes),
    });
    const [record] = JSON.parse(
      await ok("show", `${folder}/data`, "run_7", "records", "--json", "--limit", "1"),
    ) as [{ time: string; wave: number[] }];
    for (const store of ["data", "plain"]) {
      const times: string[] = [];
      for await (const path of arrowFiles(`${folder}/${store}/run_7/`, "hit_threshold")) {
        for (const row of arrow.tableFromIPC(await Deno.readFile(path))) times.push(String(row["time"]));
      }
      assert.deepEqual(times.sort((a, b) => Number(BigInt(a) - BigInt(b))), hits.map(({ time }) => time));
      let wave: number[] | undefined;
      for await (const path of arrowFiles(`${folder}/${store}/run_7/`, "records")) {
        const table = arrow.tableFromIPC(await Deno.readFile(path));
        const [first] = table;
        const cells = [...table.getChild("time")!];
        const times = cells[0] instanceof Uint8Array ? timesOf(cells as Uint8Array[]) : cells;
        assert.equal(String(times[0]), record.time);
        assert.ok(times.every((time, i) => i === 0 || time >= times[i - 1]));
        const cell = first!["wave"];
        // deno-lint-ignore no-explicit-any -- what another program gives
        const undone = (cell: any) =>
          [...cell.samples].map(({ low, high }) => {
            const z = low + 256 * high;
            return (cell.base + (z % 2 === 0 ? z / 2 : -(z + 1) / 2)) & 0xffff;
          });
        wave = "base" in cell ? undone(cell) : [...cell];
        break;
      }
      assert.deepEqual(wave, record.wave);
    }
  }));

/** Times as `millrace.undo` says: byte 0 of all, then byte 1 ..., zigzagged steps. */
function timesOf(cells: readonly Uint8Array[]): bigint[] {
  const n = cells.length, bytes = cells.flatMap((cell) => [...cell]);
  let time = 0n;
  return cells.map((_, i) => {
    let z = 0n;
    for (let k = 7; k >= 0; k--) z = z << 8n | BigInt(bytes[k * n + i]!);
    return time += z % 2n === 0n ? z / 2n : -(z + 1n) / 2n;
  });
}

/** The chunk files of a data type, by name, wherever in a run's folder they lie. */
async function* arrowFiles(folder: string, dataType: string): AsyncGenerator<string> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${folder}${name}`;
    if (isDirectory) yield* arrowFiles(`${path}/`, dataType);
    else if (name.endsWith(".arrow") && path.includes(`/${dataType}`)) yield path;
  }
}
