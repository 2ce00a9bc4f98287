/**
 * `millrace sim`.
 * @module
 */
import { basename, dirname, extname, join, resolve } from "node:path";
import { formatBytes, formatTime, parseFrequency, parseTime, parseTimeRange } from "@millrace/core/units";
import type { SimulateFilesOptions } from "@millrace/plugins-signal/simulate/files";
import { usage, UsageError } from "../errors.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { JsonRows } from "../render/json.ts";
import { formatCount } from "../render/numbers.ts";

/** Options of `millrace sim`, as text. */
export interface SimSettings {
  /** Folder or `.BIN` file. */
  readonly out?: string | undefined;
  /** Channels. */
  readonly channels?: string | undefined;
  /** Rate or rates. */
  readonly rate?: string | undefined;
  /** Length of the run. */
  readonly duration?: string | undefined;
  /** Seed. */
  readonly seed?: string | undefined;
  /** Samples of a record. */
  readonly samples?: string | undefined;
  /** Sampling interval. */
  readonly dt?: string | undefined;
  /** Samples before the pulse. */
  readonly pretrigger?: string | undefined;
  /** `negative` or `positive`. */
  readonly polarity?: string | undefined;
  /** Resolution. */
  readonly bits?: string | undefined;
  /** Baseline. */
  readonly baseline?: string | undefined;
  /** Noise. */
  readonly noise?: string | undefined;
  /** `least..most`. */
  readonly amplitude?: string | undefined;
  /** Probability of pile-up. */
  readonly pileUp?: string | undefined;
  /** Rate of dark counts. */
  readonly darkRate?: string | undefined;
  /** Probability of coincidences. */
  readonly coincidences?: string | undefined;
  /** Stretches without pulses. */
  readonly gap?: readonly string[] | undefined;
  /** How far apart records may be out of order. */
  readonly disorder?: string | undefined;
  /** `run` or `channel`. */
  readonly split?: string | undefined;
  /** File of the truth. */
  readonly truth?: string | undefined;
  /** Replace what is there. */
  readonly force?: true | undefined;
  /** As JSON. */
  readonly json?: true | undefined;
  /** Say nothing but errors. */
  readonly quiet?: true | undefined;
}

/** What was written. */
interface Written {
  readonly files: readonly string[];
  readonly settings: string;
  readonly records: number;
  readonly pulses: number;
  readonly bytes: number;
}

/**
 * Simulate a run. Files appear under their names when they are complete.
 *
 * @throws {UsageError} On options that cannot be followed, or a target that is there already.
 * @throws {InterruptedError} After a signal: nothing is left then.
 */
export async function simAction(settings: SimSettings, io: Io): Promise<void> {
  const { out, truth } = settings;
  if (out === undefined) {
    throw new UsageError("Cannot tell where to write: give a folder or a .BIN file with --out");
  }
  const { simulation } = await import("@millrace/plugins-signal/simulate/options");
  const options = usage(() => simulateOptions(settings));
  usage(() => ownTerms(() => simulation(options)));
  const isFile = /^\.bin$/i.test(extname(out));
  if (isFile && options.split === "channel") {
    throw new UsageError(`Cannot write a file a channel to the file "${out}": give a folder with --out`);
  }
  if (!settings.force) {
    await refuseExisting(out, !isFile);
    if (isFile) await refuseExisting(settingsFile(out));
    if (truth !== undefined) await refuseExisting(truth);
  }
  const made = await interruptible(io, (signal) => write(out, isFile, options, truth, signal));
  if (settings.json) io.out(`${JSON.stringify({ ...made, truth: truth ?? null }, null, 2)}\n`);
  else if (!settings.quiet) {
    const files = made.files.length === 1
      ? made.files[0]!
      : `${made.files.length} files in ${dirname(made.files[0]!)}`;
    io.out(
      `${files}: ${formatCount(made.records)} records with ${formatCount(made.pulses)} pulses, ${
        formatBytes(made.bytes)
      }\n`,
    );
  }
}

/** Options that have another name on the command line, and those that are times. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  pileUp: "pile-up",
  darkRate: "dark-rate",
  saturation: "bits",
  "number of rates": "number of --rate values",
  "amplitude of at least": "the least --amplitude",
  "amplitude of at most": "the most --amplitude",
  "a gap that starts at": "the start of --gap",
  "a gap that ends at": "the end of --gap",
};
const TIMES = new Set(["duration", "dt", "disorder", "a gap that starts at", "a gap that ends at"]);
const RATES = new Set(["rate", "darkRate"]);
const RANGE =
  /^Cannot simulate with (.+) (-?[\d.e+-]+|NaN|-?Infinity): it is a (?:whole )?number from (\S+) to (\S+)$/;

/** `work`, with what it says about a value out of range as it is written on the command line. */
function ownTerms<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const [, name, value, least, most] = RANGE.exec((cause as Error).message) ?? [];
    if (name === undefined) throw cause;
    const shown = (text: string) =>
      TIMES.has(name) && /^-?\d+$/.test(text)
        ? formatTime(BigInt(text))
        : RATES.has(name)
        ? `${text} Hz`
        : text;
    const option = OPTION_NAMES[name] ?? name;
    throw new RangeError(
      `Cannot simulate with ${option.includes("--") ? "" : "--"}${option} "${shown(value!)}": ` +
        `give a value from ${shown(least!)} to ${shown(most!)}`,
    );
  }
}

function simulateOptions(settings: SimSettings): SimulateFilesOptions {
  const options: Record<string, unknown> = {};
  const put = (name: string, text: string | undefined, read: (text: string) => unknown) => {
    if (text !== undefined) options[name] = read(text);
  };
  const time = (text: string) => Number(parseTime(text));
  const number = (option: string) => (text: string) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value)) return value;
    throw new SyntaxError(`Cannot use "${text}" as --${option}: give a number`);
  };
  put("channels", settings.channels, number("channels"));
  put("rate", settings.rate, (text) => {
    const rates = text.split(",").map((rate) => parseFrequency(rate));
    return rates.length === 1 ? rates[0] : rates;
  });
  put("duration", settings.duration, time);
  put("seed", settings.seed, number("seed"));
  put("samples", settings.samples, number("samples"));
  put("dt", settings.dt, time);
  put("pretrigger", settings.pretrigger, number("pretrigger"));
  put("polarity", settings.polarity, (text) => text);
  put("saturation", settings.bits, number("bits"));
  put("baseline", settings.baseline, number("baseline"));
  put("noise", settings.noise, number("noise"));
  put("amplitude", settings.amplitude, (text) => {
    const ends = text.split("..");
    if (ends.length !== 2) {
      throw new SyntaxError(`Cannot use "${text}" as --amplitude: write least..most, such as 50..4000`);
    }
    return ends.map(number("amplitude"));
  });
  put("pileUp", settings.pileUp, number("pile-up"));
  put("darkRate", settings.darkRate, parseFrequency);
  put("coincidences", settings.coincidences, number("coincidences"));
  put("disorder", settings.disorder, time);
  put("split", settings.split, (text) => {
    if (text === "run" || text === "channel") return text;
    throw new RangeError(`Cannot use "${text}" as --split: it is run or channel`);
  });
  if (settings.gap && settings.gap.length > 0) {
    options.gaps = settings.gap.map((text) => {
      const [start, end] = parseTimeRange(text).map(Number);
      return { start, end };
    });
  }
  return options as SimulateFilesOptions;
}

async function refuseExisting(path: string, mayBeEmptyFolder = false): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (mayBeEmptyFolder && info.isDirectory && await isEmpty(path)) return;
  throw new UsageError(
    `Cannot write "${path}": it is there already; choose another place, or replace it with --force`,
  );
}

async function isEmpty(folder: string): Promise<boolean> {
  for await (const _ of Deno.readDir(folder)) return false;
  return true;
}

const settingsFile = (file: string) => join(dirname(file), `${basename(file, extname(file))}_settings.xml`);

// Everything is written into a hidden folder beside its place and moved when it is complete.
async function write(
  out: string,
  isFile: boolean,
  options: SimulateFilesOptions,
  truthFile: string | undefined,
  signal: AbortSignal,
): Promise<Written> {
  const { simulateFiles } = await import("@millrace/plugins-signal/simulate/files");
  const place = dirname(resolve(out));
  const folder = join(place, `.${basename(resolve(out))}.${crypto.randomUUID().slice(-12)}.tmp`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    const made = await simulateFiles(folder, { ...options, signal });
    using truth = made.truth;
    signal.throwIfAborted();
    if (truthFile !== undefined) await writeTruth(truth, join(folder, "truth.json"));
    const { records, bytes } = made;
    const written = { records, bytes, pulses: truth.length };
    if (truthFile !== undefined) await Deno.rename(join(folder, "truth.json"), truthFile);
    if (isFile) {
      const settings = settingsFile(out);
      await Deno.rename(made.settings, settings);
      await Deno.rename(made.files[0]!, out);
      return { ...written, files: [out], settings };
    }
    await Deno.mkdir(join(out, "RAW"), { recursive: true });
    await removeOldRun(join(out, "RAW"));
    const settings = join(out, "settings.xml");
    await Deno.rename(made.settings, settings);
    const files: string[] = [];
    for (const file of made.files) {
      const to = join(out, "RAW", basename(file));
      await Deno.rename(file, to);
      files.push(to);
    }
    return { ...written, files, settings };
  } catch (cause) {
    if (signal.aborted || !(cause instanceof Error) || cause instanceof RangeError) throw cause;
    throw new Error(`Cannot write the simulated run to "${out}": ${cause.message}; choose another place`, {
      cause,
    });
  } finally {
    await removeIfThere(folder);
  }
}

/** Remove the files of a run that was simulated there before; data of another origin are left, and an error. */
async function removeOldRun(folder: string): Promise<void> {
  const old: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (SIMULATED.test(name)) old.push(join(folder, name));
    else if (/\.bin$/i.test(name)) {
      throw new Error(
        `"${join(folder, name)}" is there already and was not simulated: it would become part of the run`,
      );
    }
  }
  for (const file of old) await Deno.remove(file);
}

/** Names that simulated files have. */
const SIMULATED = /^DataR(_CH\d+)?\.BIN$/;

async function removeIfThere(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof Deno.errors.NotADirectory)) {
      throw error;
    }
  }
}

async function writeTruth(truth: Parameters<JsonRows["add"]>[0], path: string): Promise<void> {
  using file = await Deno.create(path);
  const encoder = new TextEncoder();
  const json = new JsonRows((text) => {
    const bytes = encoder.encode(text);
    let at = 0;
    while (at < bytes.length) at += file.writeSync(bytes.subarray(at));
  });
  json.add(truth, truth.length);
  json.end();
}
