/**
 * A simulated run, written in the CoMPASS format with everything that makes real data hard: several channels, noise, pulse
 * shapes, pile-up, dark counts, saturation, coincidences, gaps and records out of order. The truth is returned.
 *
 * The same options give the same bytes everywhere. O(samples); memory: the writer's buffer, one trace and the truth, 30
 * bytes a pulse.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCompass } from "../formats/compass/write.ts";
 * import { simulateRun } from "./simulate.ts";
 *
 * const file = await Deno.makeTempFile({ suffix: ".BIN" });
 * await using writer = await createCompass(file);
 * const { truth, records } = await simulateRun({ channels: 2, rate: 1000, duration: 1e10, samples: 100 }, writer);
 * assert.equal(writer.events, records);
 * assert.equal(truth.length, records); // one pulse a record without pile-up
 * await Deno.remove(file);
 * ```
 * @module
 */
import type { Table } from "@millrace/core/table";
import type { CompassWriter, EventFields } from "../formats/compass/write.ts";
import { type SimulateOptions, type Simulation, simulation } from "./options.ts";
import { Random } from "./random.ts";
import { Tracer } from "./_trace.ts";
import { Triggers } from "./_triggers.ts";
export type { TruthTypes } from "./truth.ts";
import { COINCIDENT, DARK, PILED_UP, SATURATED, TruthLog, type TruthTypes } from "./truth.ts";

/** What {@linkcode simulateRun} made. */
export interface SimulatedRun {
  /** One row a pulse. The receiver releases it. */
  readonly truth: Table<TruthTypes>;
  /** Records written. */
  readonly records: number;
}

/** Flags as CoMPASS sets them: fine time stamp, saturation, pile-up. */
const FINE_TIME = 0x4000, SATURATED_FLAG = 0x80, PILE_UP_FLAG = 0x8000;

interface Slot {
  readonly event: Required<EventFields>;
  readonly samples: Uint16Array;
  writer: CompassWriter | undefined;
  time: number;
}

/**
 * Write a simulated run. With one writer all channels share a file, with an array channel `c` goes to writer `c`. The
 * writers are not ended.
 *
 * @throws {RangeError} On an option out of range, or an array with another number of writers than channels.
 */
export async function simulateRun(
  options: SimulateOptions,
  writers: CompassWriter | readonly CompassWriter[],
  signal?: AbortSignal,
): Promise<SimulatedRun> {
  const settings = simulation(options);
  const perChannel = Array.isArray(writers) ? writers as readonly CompassWriter[] : undefined;
  if (perChannel && perChannel.length !== settings.channels) {
    throw new RangeError(
      `Cannot simulate ${settings.channels} channels into ${perChannel.length} writers: give one, or one a channel`,
    );
  }
  const maker = new RecordMaker(settings);
  const { random } = maker;
  let held = slot(settings.samples), next = slot(settings.samples);
  while (maker.make(next)) {
    next.writer = perChannel ? perChannel[maker.channel]! : writers as CompassWriter;
    const made = next;
    // The record held back may be overtaken by those that come soon after it.
    const overtakes = held.writer && made.time - held.time <= settings.disorder && random.uint32() % 2 === 0;
    if (!overtakes) next = held, held = made;
    const { writer } = next;
    if (!writer) continue;
    writer.append(next.event, next.samples);
    if (writer.full) {
      signal?.throwIfAborted();
      await writer.drain();
    }
  }
  held.writer?.append(held.event, held.samples);
  return { truth: maker.truth.toTable(settings.boardChannels), records: maker.records };
}

function slot(samples: number): Slot {
  const event = {
    board: 0,
    channel: 0,
    timeHi: 0,
    timeLo: 0,
    energy: 0,
    calibrated: 0,
    short: 0,
    flags: 0,
    code: 1,
  };
  return { event, samples: new Uint16Array(samples), writer: undefined, time: 0 };
}

class RecordMaker {
  readonly random: Random;
  readonly truth = new TruthLog();
  records = 0;
  channel = 0;
  readonly #settings: Simulation;
  readonly #tracer: Tracer;
  readonly #triggers: Triggers;

  constructor(settings: Simulation) {
    this.#settings = settings;
    this.random = new Random(settings.seed);
    this.#tracer = new Tracer(settings, this.random);
    this.#triggers = new Triggers(settings, this.random);
  }

  /** Make the next record; false at the end of the run. */
  make(into: Slot): boolean {
    const triggers = this.#triggers;
    if (!triggers.next()) return false;
    const { random, truth } = this;
    const tracer = this.#tracer;
    const { channel, time, dark } = triggers;
    const { samples, pretrigger, pileUp, amplitude, darkAmplitude, boardChannels } = this.#settings;
    const first = truth.length;
    const [least, most] = dark ? darkAmplitude : amplitude;
    const height = least + random.uniform() * (most - least);
    const shape = tracer.shape();
    tracer.pulse(shape, height, pretrigger);
    truth.add(time + tracer.onset, channel, this.records, height, shape);
    let charge = height, short = height * tracer.shortPart(shape);
    const room = samples - pretrigger - 1;
    const piledUp = !dark && room > 0 && random.uniform() < pileUp;
    if (piledUp) {
      const second = amplitude[0] + random.uniform() * (amplitude[1] - amplitude[0]);
      const other = tracer.shape();
      tracer.pulse(other, second, pretrigger + 1 + random.below(room));
      truth.add(time + tracer.onset, channel, this.records, second, other);
      charge += second;
      short += second * tracer.shortPart(other);
    }
    tracer.render(into.samples);
    const { saturated } = tracer;
    truth.mark(
      first,
      (saturated ? SATURATED : 0) | (piledUp ? PILED_UP : 0) | (dark ? DARK : 0) |
        (triggers.coincident ? COINCIDENT : 0),
    );
    const { event } = into;
    event.board = Math.floor(channel / boardChannels);
    event.channel = channel % boardChannels;
    event.timeHi = Math.floor(time / 2 ** 32);
    event.timeLo = time % 2 ** 32;
    event.energy = Math.min(65535, Math.round(charge));
    event.calibrated = charge;
    event.short = Math.min(65535, Math.round(short));
    event.flags = FINE_TIME | (saturated ? SATURATED_FLAG : 0) | (piledUp ? PILE_UP_FLAG : 0);
    into.time = time;
    this.channel = channel;
    this.records++;
    return true;
  }
}
