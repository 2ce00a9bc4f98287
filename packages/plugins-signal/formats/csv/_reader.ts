// One CSV file of a run, decoded line by line.
import { samplingInterval } from "../compass/settings.ts";
import { type Polarities, polarities } from "../compass/polarity.ts";
import type { FormatOptions } from "../format.ts";
import { type OpenFiles, RunFile } from "../merge/file.ts";
import { rowStore } from "../merge/read_traces.ts";
import type { RowStore } from "../merge/row_store.ts";
import type { TraceReader } from "../merge/trace_source.ts";
import type { CsvColumns } from "./columns.ts";
import { Lines } from "./_lines.ts";
import { noFields, readFields, textOf } from "./_row.ts";
import { parseSamples } from "./samples.ts";

const FIRST_READ = 64 * 1024;
const OR_RECOVER =
  ", or run again with --recover (option raw_files.recover) to leave such lines out and keep the others";

/** What a file's reader is told besides the options. */
export interface CsvFile {
  readonly path: string;
  readonly columns: CsvColumns;
  /** Lines in front of the first row. */
  readonly header: number;
}

/** A file of the run. */
export class CsvReader implements TraceReader {
  readonly path: string;
  readonly window: number;
  readonly rowBytes: number;
  readonly rows: RowStore;
  readonly #header: number;
  readonly #columns: CsvColumns;
  readonly #options: FormatOptions;
  readonly #file: RunFile;
  readonly #lines: Lines;
  readonly #fields = noFields();
  readonly #assumed: (path: string, problem: string) => void;
  #samples = new Uint16Array(1024);
  #next: number;
  #dt: number;
  #polarities: Polarities | undefined;
  #lost = 0;
  #firstLost = "";

  constructor(
    { path, columns, header }: CsvFile,
    options: FormatOptions,
    open: OpenFiles,
    assumed: (path: string, problem: string) => void,
  ) {
    this.path = path;
    this.window = options.reorderWindow;
    this.rowBytes = 2 * columns.fixed;
    this.rows = rowStore(path, "line", options);
    this.#header = header;
    this.#columns = columns;
    this.#options = options;
    this.#file = new RunFile(path, open);
    this.#lines = new Lines(path, this.#file, options.account);
    this.#next = Math.min(FIRST_READ, options.readBytes);
    this.#dt = options.dt ?? 0;
    this.#assumed = assumed;
  }

  async open(): Promise<number> {
    return await this.#file.stat();
  }

  async read(): Promise<boolean> {
    const lines = this.#lines;
    await lines.more(this.#next);
    this.#next = Math.min(2 * this.#next, this.#options.readBytes);
    this.rows.received = this.#file.at;
    for (let end = lines.next(); end >= 0; end = lines.next()) {
      if (lines.line <= this.#header || end === lines.start) continue;
      if (this.#polarities === undefined) await this.#prepare(end);
      const problem = this.#row(lines.start, end);
      if (problem !== undefined) this.#damaged(problem);
    }
    if (!lines.ended) return true;
    if (lines.left > 0) {
      lines.line++;
      this.#damaged("it does not end with a line break: the file was cut off; copy it again");
    }
    this.#report();
    return false;
  }

  // Settings beside the file are looked at with its first row, which says how long a record is.
  async #prepare(end: number): Promise<void> {
    const { bytes, start } = this.#lines, { fixed, separator } = this.#columns;
    this.#polarities = await polarities(this.path);
    if (this.#dt > 0) return;
    let columns = 0;
    for (let i = start; i < end; i++) if (bytes[i] === separator || i === end - 1) columns++;
    const samples = Math.max(0, columns - fixed);
    const { dt, problem } = await samplingInterval(this.path, samples);
    this.#dt = dt;
    // Without samples an interval is of no use, and nothing is assumed.
    if (problem !== undefined && samples > 0) this.#assumed(this.path, problem);
  }

  /** Decode the row in these bytes; gives what is wrong with it. */
  #row(from: number, to: number): string | undefined {
    const { bytes, line } = this.#lines, fields = this.#fields, columns = this.#columns;
    const problem = readFields(bytes, from, to, columns, fields);
    if (problem !== undefined) return problem;
    const room = (to - fields.end + 2) >> 1;
    if (room > this.#samples.length) this.#samples = new Uint16Array(2 * room);
    const samples = parseSamples(bytes, fields.end, to, columns.separator, this.#samples);
    if (samples < 0) return this.#wrongSample(fields.end, -1 - samples, to);
    const { rows } = this;
    const place = ((fields.board << 16) | fields.channel) >>> 0;
    const at = rows.add(fields.timeHi, fields.timeLo, place, samples, this.#dt, line);
    if (at < 0) return;
    const row = rows.count - 1;
    rows.energy[row] = fields.energy;
    rows.short[row] = fields.short;
    rows.calibrated[row] = fields.calibrated;
    rows.flags[row] = fields.flags;
    rows.polarity[row] = this.#polarities!.at(fields.board, fields.channel);
    rows.wave.set(this.#samples.subarray(0, samples), at);
  }

  #wrongSample(from: number, at: number, to: number): string {
    const { bytes } = this.#lines, { separator } = this.#columns;
    const start = Math.max(from, bytes.lastIndexOf(separator, at - 1) + 1);
    const end = bytes.indexOf(separator, at);
    const text = textOf(bytes, start, end < 0 || end > to ? to : end);
    const before = bytes.subarray(from, start).reduce((n, byte) => n + Number(byte === separator), 0);
    return `sample ${before} is "${text.slice(0, 40)}", which is no whole number from 0 to 65535`;
  }

  #damaged(problem: string): void {
    const text = `line ${this.#lines.line}: ${problem}`;
    if (!this.#options.recover) {
      throw new SyntaxError(`Cannot read "${this.path}" at ${text}; repair or remove the line${OR_RECOVER}`);
    }
    if (this.#lost++ === 0) this.#firstLost = text;
  }

  #report(): void {
    if (this.#lost === 0) return;
    this.#options.notice?.(
      `Left out ${this.#lost} ${
        this.#lost === 1 ? "line" : "lines"
      } of "${this.path}" that cannot be read: ${this.#firstLost}`,
    );
  }

  close(): void {
    this.#file.close();
    this.#lines.dispose();
  }
}
