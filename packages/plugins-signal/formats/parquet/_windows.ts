// The rows of a Parquet file, some pages at a time.
import { type ParquetColumn, ParquetFile, type Wanted } from "@millrace/core/parquet-file";
import type { Ragged, TypedArray } from "@millrace/core/schema";
import { choose } from "../columnar/names.ts";
import type { BlockSource } from "../columnar/reader.ts";
import { readable } from "../columnar/readable.ts";
import type { FormatOptions } from "../format.ts";
import { RunFile } from "../merge/file.ts";
import { noFiles } from "../merge/read_traces.ts";

/** ps of the units of timestamps. */
const SCALES = { MILLIS: 1_000_000_000n, MICROS: 1_000_000n, NANOS: 1000n } as const;

/** Begin a file. @throws {SyntaxError} On one that is cut or damaged. @throws {TypeError} On columns of other types. */
export async function openParquet(path: string, options: FormatOptions): Promise<BlockSource> {
  const file = new RunFile(path, noFiles()), size = await file.stat();
  try {
    const parquet = await readable(
      path,
      0,
      () => ParquetFile.open((at, length) => file.bytes(at, length), size),
    );
    const { columns } = parquet, chosen = choose(path, columns.map(({ name }) => name));
    const columnOf = (name: string) => columns.find((column) => column.name === name)!;
    const wave = columnOf(chosen.wave), time = chosen.time === undefined ? undefined : columnOf(chosen.time);
    if (!wave.isList || !wave.element) {
      throw new TypeError(
        `Cannot read "${path}": the column ${wave.name} has no lists of numbers, which traces are; it is of type ${wave.type}`,
      );
    }
    const timeScale = scaleOf(path, time);
    const wanted: Wanted[] = [
      { name: wave.name, element: wave.element, isList: true },
      ...time ? [{ name: time.name, element: "i64", isList: false } as const] : [],
      ...chosen.others.map((name) => ({ name, element: numbersOf(path, columnOf(name)), isList: false })),
    ];
    const values = Math.ceil(options.readBytes / 2);
    let blocks = parquet.blocks(wanted, { values }), charged = 0, row = 0;
    const letGo = () => {
      options.account?.refund(charged);
      charged = 0;
    };
    return {
      path,
      size,
      timeScale,
      async next() {
        letGo();
        const { value: block, done } = await readable(path, row, () => blocks.next());
        if (done) return undefined;
        options.account?.charge(charged = block.bytes);
        const { rows, received, columns } = block, { offsets, values } = columns[wave.name] as Ragged;
        row += rows;
        return {
          rows,
          received,
          wave: (i) => values.subarray(offsets[i], offsets[i + 1]),
          column: (name) => columns[name === "time" ? time?.name ?? name : name] as TypedArray | undefined,
        };
      },
      goTo(wantedRow) {
        blocks = parquet.blocks(wanted, { values, from: row = wantedRow });
        return row;
      },
      close() {
        letGo();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function scaleOf(path: string, column: ParquetColumn | undefined): bigint {
  if (!column) return 1n;
  const { name, type, timestamp, element, isList } = column;
  if (timestamp && !isList) return SCALES[timestamp];
  if ((element === "i64" || element === "i32") && !isList) return 1n;
  throw new TypeError(
    `Cannot read "${path}": the column ${name} is of type ${type}; times are whole numbers of ps or timestamps`,
  );
}

function numbersOf(path: string, { name, type, element, isList }: ParquetColumn): Wanted["element"] {
  // Energies may be missing where there was no calibration.
  if (element && !isList) return name === "energy_calibrated" ? "f64" : element;
  throw new TypeError(`Cannot read "${path}": the column ${name} is of type ${type}; it is a number a row`);
}
