/**
 * A waveform with its hits as text: braille dots, or plain ASCII where the terminal has nothing else.
 *
 * Time runs to the right in a round unit from the record's start, or frequency from 0; amplitudes are in ADC counts, or the unit that is given. Below the trace, each hit
 * is a bar from its first to its last sample with an arrow at its peak. O(samples + characters).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { drawWaveform } from "./picture.ts";
 *
 * const text = drawWaveform([9, 9, 9, 1, 5, 9, 9, 9], {
 *   dt: 2000,
 *   hits: [{ start: 3, end: 5, peak: 3 }],
 *   width: 30,
 *   height: 8,
 *   unicode: false,
 * });
 * assert.match(text, /^ +5 \|/m);
 * assert.match(text, /hits \| +\^-+\|/);
 * ```
 * @module
 */
import { Canvas } from "./_canvas.ts";
import { type AxisUnit, axisUnit, ticks } from "./_ticks.ts";

/** A hit in a waveform, in samples from the record's start. */
export interface PictureHit {
  /** First sample. */
  readonly start: number;
  /** Sample behind the last. */
  readonly end: number;
  /** Sample of the maximum. */
  readonly peak: number;
}

/** How {@linkcode drawWaveform} draws. */
export interface PictureOptions {
  /** Sampling interval, ps a sample; of a spectrum there is `df` in its place. */
  readonly dt?: number;
  /** Distance of the frequencies of a spectrum, Hz a sample. */
  readonly df?: number;
  /** Hits to be marked. */
  readonly hits?: readonly PictureHit[];
  /** Unit of the samples, such as PE; default ADC. */
  readonly unit?: string;
  /** A line above the picture. */
  readonly title?: string;
  /** Characters a line, at least 24; default 100. */
  readonly width?: number;
  /** Lines in all, at least 8; default 20. */
  readonly height?: number;
  /** Braille and line characters (default), or ASCII. */
  readonly unicode?: boolean;
  /** Hits in colour, with escape codes; default false. */
  readonly color?: boolean;
}

const UNICODE = {
  corner: "└",
  tick: "┬",
  across: "─",
  up: "│",
  mark: "┤",
  first: "├",
  last: "┤",
  peak: "▲",
  bar: "─",
};
const ASCII = {
  corner: "+",
  tick: "+",
  across: "-",
  up: "|",
  mark: "|",
  first: "|",
  last: "|",
  peak: "^",
  bar: "-",
};
const LANES = 3;

/**
 * Draw a waveform.
 *
 * @param samples ADC counts, or of another unit; at least one.
 * @throws {RangeError} On no samples, a picture that is too small, or a hit outside the samples.
 * @throws {TypeError} Where neither or both of `dt` and `df` are given.
 */
export function drawWaveform(samples: ArrayLike<number>, options: PictureOptions): string {
  const { dt, df, hits = [], unit = "ADC", title, width = 100, height = 20, unicode = true, color = false } =
    options;
  const step = dt ?? df;
  if (step === undefined || (dt !== undefined && df !== undefined)) {
    throw new TypeError(
      "Cannot draw a waveform without the distance of its samples: give dt or df, one of them",
    );
  }
  if (samples.length === 0) throw new RangeError("Cannot draw a waveform without samples");
  if (width < 24 || height < 8) {
    throw new RangeError(
      `Cannot draw a waveform in ${width} x ${height} characters: it takes 24 x 8 or more`,
    );
  }
  for (const { start, end, peak } of hits) {
    if (0 <= start && start < end && end <= samples.length && start <= peak && peak < end) continue;
    throw new RangeError(
      `Cannot mark the hit [${start}, ${end}) with its peak at ${peak} in ${samples.length} samples`,
    );
  }
  const art = unicode ? UNICODE : ASCII;
  const [low, high] = limits(samples);
  const lanes = layHits(hits, Math.floor(samples.length / width));
  const rows = height - 2 - (title === undefined ? 0 : 1) - lanes.length;
  const labels = yLabels(low, high, rows, Math.floor(width / 3));
  const margin =
    Math.max(4, unit.length, ...labels.filter((label) => label !== undefined).map((label) => label.length)) +
    1;
  const columns = width - margin - 1;
  const canvas = new Canvas(columns, rows, unicode);
  drawTrace(canvas, samples, low, high);

  const last = Math.max(samples.length - 1, 1);
  const columnOf = (sample: number) => canvas.column(Math.round(sample * (canvas.width - 1) / last));
  const inHit = new Uint8Array(columns);
  for (const { start, end } of hits) inHit.fill(1, columnOf(start), columnOf(end - 1) + 1);

  const out: string[] = title === undefined ? [] : [title];
  for (let row = 0; row < rows; row++) {
    const label = labels[row];
    const edge = label === undefined ? art.up : art.mark;
    out.push(
      `${(label ?? "").padStart(margin - 1)} ${edge}${painted(canvas.row(row), color ? inHit : undefined)}`,
    );
  }
  lanes.forEach((lane, k) => {
    const line = new Array<string>(columns).fill(" ");
    for (const { start, end, peak } of lane) {
      const from = columnOf(start), to = columnOf(end - 1);
      line.fill(art.bar, from, to + 1);
      line[from] = art.first;
      line[to] = art.last;
      line[columnOf(peak)] = art.peak;
    }
    const name = k === 0 ? "hits" : "";
    out.push(`${name.padStart(margin - 1)} ${art.up}${painted(line, color ? inHit : undefined)}`);
  });
  const across = axisUnit(samples.length * step, dt === undefined ? "frequency" : "time");
  out.push(...xAxis(across, unit, margin, columns, last * step, art));
  return out.map((line) => `${line.trimEnd()}\n`).join("");
}

/** Least and greatest finite value, apart by at least something. */
function limits(samples: ArrayLike<number>): [low: number, high: number] {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [-1, 1];
  // Apart by enough that a part of it is a number too.
  const least = Math.max(Math.abs(low), Math.abs(high), 1e-9) * 1e-9;
  return high / 2 - low / 2 > least ? [low, high] : [low - Math.max(1, least), high + Math.max(1, least)];
}

// A value that is not finite leaves a gap.
function drawTrace(canvas: Canvas, samples: ArrayLike<number>, low: number, high: number): void {
  const scaleX = (canvas.width - 1) / Math.max(samples.length - 1, 1);
  let beforeX = -1, beforeY = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (!Number.isFinite(value)) {
      beforeX = -1;
      continue;
    }
    const x = Math.round(i * scaleX);
    const y = Math.round(below(value, low, high) * (canvas.height - 1));
    if (beforeX < 0) canvas.dot(x, y);
    else canvas.line(beforeX, beforeY, x, y);
    beforeX = x;
    beforeY = y;
  }
}

/** How far a value lies below `high`, of the way to `low`; halves, since the whole may be too large for a number. */
function below(value: number, low: number, high: number): number {
  return (high / 2 - value / 2) / (high / 2 - low / 2);
}

/** The label of each line, where it has one that is not longer than `most` characters. */
function yLabels(low: number, high: number, rows: number, most: number): (string | undefined)[] {
  const labels = new Array<string | undefined>(rows).fill(undefined);
  for (const value of ticks(low, high, Math.max(Math.floor(rows / 3), 2))) {
    const text = String(value);
    if (text.length <= most) labels[Math.round(below(value, low, high) * (rows - 1))] = text;
  }
  return labels;
}

/** Hits in lanes, so that those which are less than `apart` samples apart lie below each other, as far as there are lanes. */
function layHits(hits: readonly PictureHit[], apart: number): PictureHit[][] {
  const lanes: PictureHit[][] = [];
  for (const hit of hits.toSorted((a, b) => a.start - b.start)) {
    const free = lanes.find((lane) => lane.at(-1)!.end + apart <= hit.start);
    if (free) free.push(hit);
    else if (lanes.length < LANES) lanes.push([hit]);
    else lanes.at(-1)!.push(hit);
  }
  return lanes;
}

function painted(cells: readonly string[], inHit: Uint8Array | undefined): string {
  if (!inHit) return cells.join("");
  let text = "", on = 0;
  const end = cells.findLastIndex((cell) => cell !== " ") + 1;
  for (let k = 0; k < end; k++) {
    const want = cells[k] === " " ? on : inHit[k]!;
    if (want !== on) text += want ? "\x1b[33m" : "\x1b[39m";
    on = want;
    text += cells[k];
  }
  return on ? `${text}\x1b[39m` : text;
}

function xAxis(
  unit: AxisUnit,
  sampleUnit: string,
  margin: number,
  columns: number,
  last: number,
  art: typeof UNICODE,
): string[] {
  const name = unit.name === "µs" && art === ASCII ? "us" : unit.name;
  const line = new Array<string>(columns).fill(art.across);
  const words = new Array<string>(columns + margin + 1).fill(" ");
  let free = 0;
  for (const value of ticks(0, last / unit.size, Math.max(Math.floor(columns / 10), 1))) {
    const column = Math.round(value * unit.size / last * (columns - 1));
    line[column] = art.tick;
    const text = String(value);
    const at = Math.min(Math.max(margin + 1 + column - (text.length >> 1), free), words.length - text.length);
    if (at < free) continue;
    words.splice(at, text.length, ...text);
    free = at + text.length + 1;
  }
  const label = ` ${name}`;
  const end = words.join("").trimEnd();
  const room = end.length + label.length <= words.length
    ? end + label
    : `${end.slice(0, end.lastIndexOf(" ")).trimEnd()}${label}`;
  return [`${sampleUnit.padStart(margin - 1)} ${art.corner}${line.join("")}`, room];
}
