// For tests: events as objects, and their bytes made without the writer.
import { type CompassOptions, openCompass } from "./reader.ts";

/** An event as a test states it. */
export interface TestEvent {
  board?: number;
  channel?: number;
  time: bigint;
  energy?: number;
  calibrated?: number;
  short?: number;
  flags?: number;
  samples?: readonly number[];
}

/** The bytes of a file with that content. */
export function fileOf(content: number, events: readonly TestEvent[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [0xe0 | content, 0xca];
  const put = (value: bigint, size: number): void => {
    for (let k = 0; k < size; k++) bytes.push(Number((value >> BigInt(8 * k)) & 255n));
  };
  for (const event of events) {
    put(BigInt(event.board ?? 0), 2);
    put(BigInt(event.channel ?? 0), 2);
    put(event.time, 8);
    if (content & 1) put(BigInt(event.energy ?? 0), 2);
    if (content & 2) bytes.push(...new Uint8Array(new Float64Array([event.calibrated ?? NaN]).buffer));
    if (content & 4) put(BigInt(event.short ?? 0), 2);
    put(BigInt(event.flags ?? 0), 4);
    if (content & 8) {
      const samples = event.samples ?? [];
      put(1n, 1);
      put(BigInt(samples.length), 4);
      for (const sample of samples) put(BigInt(sample), 2);
    }
  }
  return new Uint8Array(bytes);
}

/** Events in the total order, ties as they were. */
export function inOrder(events: readonly TestEvent[]): TestEvent[] {
  return [...events].sort((a, b) =>
    a.time < b.time
      ? -1
      : a.time > b.time
      ? 1
      : (a.board ?? 0) - (b.board ?? 0) || (a.channel ?? 0) - (b.channel ?? 0)
  );
}

/** A folder with files that is gone afterwards. */
export class TestFolder implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "millrace_compass_" });

  /** Write a file; its path. */
  file(name: string, bytes: Uint8Array | string): string {
    const path = `${this.path}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(path, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    return path;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** A row as the reader gave it. */
export interface TestRow {
  time: bigint;
  endtime: bigint;
  board: number;
  channel: number;
  record_id: bigint;
  dt: number;
  length: number;
  energy: number;
  energy_short: number;
  energy_calibrated: number;
  flags: number;
  polarity: number;
  wave: number[];
}

/** What {@linkcode readAll} gathers. */
export interface ReadAll {
  rows: TestRow[];
  pieces: { start: bigint; end: bigint; times: bigint[] }[];
  /** What is needed to go on behind each piece. */
  cursors: (string | undefined)[];
  notices: string[];
}

/** All rows of a run as objects. */
export async function readAll(paths: readonly string[], options: CompassOptions = {}): Promise<ReadAll> {
  const all: ReadAll = { rows: [], pieces: [], cursors: [], notices: [] };
  const notice = (text: string) => void all.notices.push(text);
  for await (const { table, start, end, cursor } of openCompass(paths, { notice, ...options })) {
    all.cursors.push(cursor);
    all.pieces.push({ start, end, times: [...table.times()] });
    for (const row of table.rows()) {
      all.rows.push({ ...row, wave: [...row.wave as Uint16Array] } as TestRow);
    }
    table.release();
  }
  return all;
}

const shared = new URL("../../../../../shared/data/", import.meta.url);

/** Path of a file of reference data. */
export function sharedFile(name: string): string {
  return new URL(name, shared).pathname;
}

/** Whether the reference data are there; tests that need them are skipped else. */
export const haveShared: boolean = (() => {
  try {
    return Deno.statSync(new URL("compass_test_data.BIN", shared)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
})();

/** Declare a test on the reference data, or say that it is skipped. */
export function sharedTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name: haveShared ? name : `${name} (skipped: ../shared not found)`, ignore: !haveShared, fn });
}
