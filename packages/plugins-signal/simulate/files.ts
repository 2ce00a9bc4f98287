/**
 * A simulated run as a folder that looks like one of CoMPASS: `RAW/*.BIN` and `settings.xml`, which says sampling interval and polarity.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { expandInputs } from "../formats/compass/detect.ts";
 * import { simulateFiles } from "./files.ts";
 *
 * const folder = await Deno.makeTempDir();
 * const { files, truth } = await simulateFiles(folder, { channels: 2, duration: 1e9, samples: 64, seed: 3 });
 * assert.deepEqual(await expandInputs(folder), files);
 * truth.release();
 * await Deno.remove(folder, { recursive: true });
 * ```
 * @module
 */
import { join } from "node:path";
import { type CompassWriter, createCompass } from "../formats/compass/write.ts";
import { type SimulateOptions, simulation } from "./options.ts";
import { type SimulatedRun, simulateRun } from "./simulate.ts";

/** What {@linkcode simulateFiles} may be told beside the run itself. */
export interface SimulateFilesOptions extends SimulateOptions {
  /** One file for the run (default), or one a channel. */
  readonly split?: "run" | "channel";
  /** Ends the writing; what was written so far remains. */
  readonly signal?: AbortSignal;
}

/** What {@linkcode simulateFiles} made. */
export interface SimulatedFiles extends SimulatedRun {
  /** The `.BIN` files. */
  readonly files: readonly string[];
  /** The settings file. */
  readonly settings: string;
  /** Bytes of all `.BIN` files. */
  readonly bytes: number;
}

/**
 * Write a simulated run into `folder`, which is made where it is missing.
 *
 * @throws {RangeError} On an option out of range.
 */
export async function simulateFiles(
  folder: string,
  options: SimulateFilesOptions = {},
): Promise<SimulatedFiles> {
  const { split, signal, ...run } = options;
  const { channels, samples, dt, polarity } = simulation(run);
  const raw = join(folder, "RAW");
  await Deno.mkdir(raw, { recursive: true });
  const names = split === "channel"
    ? Array.from({ length: channels }, (_, c) => `DataR_CH${String(c).padStart(2, "0")}.BIN`)
    : ["DataR.BIN"];
  const files = names.map((name) => join(raw, name));
  const writers: CompassWriter[] = [];
  const settings = join(folder, "settings.xml");
  let made: SimulatedRun;
  try {
    for (const file of files) writers.push(await createCompass(file));
    made = await simulateRun(run, split === "channel" ? writers : writers[0]!, signal);
  } finally {
    for (const writer of writers) await writer.end();
  }
  await Deno.writeTextFile(settings, settingsText(samples * dt / 1000, polarity));
  return { ...made, files, settings, bytes: writers.reduce((sum, writer) => sum + writer.bytes, 0) };
}

function settingsText(recordNs: number, polarity: "negative" | "positive"): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<configuration>
    <board>
        <parameters>
            <entry>
                <key>SRV_PARAM_RECLEN</key>
                <value>
                    <value>${recordNs}</value>
                </value>
            </entry>
            <entry>
                <key>SRV_PARAM_CH_POLARITY</key>
                <value>
                    <value>POLARITY_${polarity.toUpperCase()}</value>
                </value>
            </entry>
        </parameters>
    </board>
</configuration>
`;
}
