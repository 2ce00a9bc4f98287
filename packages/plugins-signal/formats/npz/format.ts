/**
 * NumPy `.npz` archives of traces `[rows, samples]`, stored or deflated, as a format of `raw_files`.
 *
 * Each two-dimensional array is what a `.npy` file is: with `channelBy: "file"` a channel, in the order of the archives and of the
 * arrays in them. Arrays with one dimension are left out with a notice where there are others, else each is one trace; so are arrays
 * that are no numbers or have more dimensions. The options
 * and all columns are those of `.npy`. Every array is unpacked as it is read, and its checksum looked at.
 * @module
 */
import type { Format } from "../format.ts";
import { noFiles } from "../merge/read_traces.ts";
import { readArrays } from "../npy/_read.ts";
import { NpySource } from "../npy/_source.ts";

/** NumPy archives of traces. */
export const npz: Format = {
  name: "NumPy .npz",
  suffixes: [".npz"],
  detect: (head) => head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5),
  read(paths, options) {
    const open = noFiles();
    return readArrays(paths[0]!, options, async function* () {
      const { zipEntries } = await import("@millrace/core/zip");
      const { entryBytes } = await import("./_entry.ts");
      const archives = [];
      for (const path of paths) {
        const entries = (await zipEntries(path)).filter(({ name }) => name.endsWith(".npy"));
        if (entries.length === 0) {
          throw new SyntaxError(
            `Cannot read "${path}": there are no arrays in it; save some with numpy.savez`,
          );
        }
        archives.push({ path, entries });
      }
      const readBytes = Math.ceil(
        options.readBytes / archives.reduce((sum, { entries }) => sum + entries.length, 0),
      );
      for (const { path, entries } of archives) {
        const sources: NpySource[] = [], others: TypeError[] = [];
        try {
          for (const entry of entries) {
            try {
              sources.push(await NpySource.open(await entryBytes(path, entry, open), readBytes));
            } catch (error) {
              if (!(error instanceof TypeError)) throw error;
              others.push(error); // an array of text, say, or of three dimensions
            }
          }
          if (sources.length === 0) throw others[0];
        } catch (error) {
          for (const source of sources) source[Symbol.dispose]();
          throw error;
        }
        for (const { message } of others) options.notice?.(`An array is left out: ${message}`);
        const traces = sources.filter(({ header }) => header.dimensions === 2);
        for (const source of sources) {
          if (traces.length === 0 || traces.includes(source)) yield source;
          else {
            source[Symbol.dispose]();
            options.notice?.(
              `"${source.path}" has one dimension and is left out: traces are [rows, samples]`,
            );
          }
        }
      }
    });
  },
  companions: () => [],
};
