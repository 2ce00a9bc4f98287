/**
 * The sampling interval of a CoMPASS file, which the file itself does not carry: from the settings XML beside it.
 *
 * The settings hold the length of a record in ns (`SRV_PARAM_RECLEN`); divided by its number of samples that is the
 * sampling interval.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { recordLengths } from "./settings.ts";
 *
 * const xml = "<entry><key>SRV_PARAM_RECLEN</key><value><value>2000.0</value></value></entry>";
 * assert.deepEqual(recordLengths(xml), [2000]);
 * ```
 * @module
 */
import { basename, dirname, extname, join } from "node:path";

/** Sampling interval where nothing says otherwise, ps: 500 MS/s. */
export const DEFAULT_DT = 2000;

/** Longest sampling interval, ps a sample (0.27 ms). */
export const MAX_DT: number = 2 ** 28;

/** What {@linkcode samplingInterval} found. */
export interface SamplingInterval {
  /** ps a sample. */
  readonly dt: number;
  /** Settings file that it was taken from. */
  readonly settings?: string;
  /** Why it is the default: to be reported and stored. */
  readonly problem?: string;
}

/** The places where the settings of `file` may lie, best first. */
export function settingsPlaces(file: string): string[] {
  const folder = dirname(file);
  const own = `${basename(file, extname(file))}_settings.xml`;
  const up = join(folder, "..");
  return [join(folder, own), join(folder, "settings.xml"), join(up, own), join(up, "settings.xml")];
}

const ENTRY = /<key>\s*SRV_PARAM_RECLEN\s*<\/key>\s*<value>\s*<value(?:\s[^>]*)?>([^<]*)<\/value>/g;

/**
 * The record lengths in settings XML, ns, one a board; empty where it has none.
 *
 * @throws {SyntaxError} On a record length that is no number above 0.
 */
export function recordLengths(xml: string): number[] {
  const lengths: number[] = [];
  for (const [, text] of xml.matchAll(ENTRY)) {
    const length = Number(text);
    if (!(text!.trim() !== "" && length > 0 && Number.isFinite(length))) {
      throw new SyntaxError(`Cannot read SRV_PARAM_RECLEN: "${text}" is no length in ns above 0`);
    }
    lengths.push(length);
  }
  return lengths;
}

/**
 * The sampling interval of `file`, whose first event has `samples` samples.
 *
 * Where the settings are missing or give none, it is {@linkcode DEFAULT_DT} and `problem` says why.
 *
 * @throws {SyntaxError} On settings with a record length that cannot be read, naming them.
 */
export async function samplingInterval(file: string, samples: number): Promise<SamplingInterval> {
  if (samples === 0) return { dt: DEFAULT_DT, problem: "its first event has no samples" };
  for (const settings of settingsPlaces(file)) {
    let xml: string;
    try {
      xml = await Deno.readTextFile(settings);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      return { dt: DEFAULT_DT, problem: `"${settings}" cannot be read (${(error as Error).message})` };
    }
    return { settings, ...intervalIn(xml, settings, samples) };
  }
  return { dt: DEFAULT_DT, problem: "it carries none and no settings XML lies beside it or one folder up" };
}

function intervalIn(xml: string, settings: string, samples: number): SamplingInterval {
  let lengths: number[];
  try {
    lengths = recordLengths(xml);
  } catch (cause) {
    throw new SyntaxError(
      `Cannot take the sampling interval from "${settings}": ${
        (cause as Error).message
      }; repair it, or give dt (option raw_files.dt)`,
      { cause },
    );
  }
  const fallback = (problem: string): SamplingInterval => ({
    dt: DEFAULT_DT,
    problem: `"${settings}" ${problem}`,
  });
  const [length] = lengths;
  if (length === undefined) return fallback("has no SRV_PARAM_RECLEN");
  if (lengths.some((other) => other !== length)) {
    return fallback(`has boards with different record lengths (${lengths.join(", ")} ns)`);
  }
  const dt = length * 1000 / samples;
  if (!(Number.isInteger(dt) && dt <= MAX_DT)) {
    return fallback(
      `has a record length of ${length} ns, which is no whole number of ps for ${samples} samples`,
    );
  }
  return { dt };
}
