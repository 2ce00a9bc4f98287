// For tests: random fragments of pulses and hits, and the schemas' tables.
import fc from "fast-check";
import { Table } from "@millrace/core/table";
import { rawRecordsSchema, type RawRecordTypes, straxHitsSchema, type StraxHitTypes } from "./schemas.ts";

/** A pulse as a test states it. */
export interface Pulse {
  time: number;
  channel: number;
  samples: readonly number[];
  /** -1 negative, which it is unless stated, 1 positive, 0 not known. */
  polarity?: number;
}

/** Samples a fragment. */
export const WIDTH = 6;
const DT = 2;

/** Pulses of a few channels, those of one channel one behind the other: ties, gaps of 0, fragments of one sample. */
export const randomPulses = (channels = 3, maxSamples = 20): fc.Arbitrary<Pulse[]> =>
  fc.array(
    fc.record({
      gap: fc.integer({ min: 0, max: 12 }),
      channel: fc.integer({ min: 0, max: channels - 1 }),
      samples: fc.array(
        fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 90, max: 110 }) }, {
          weight: 2,
          arbitrary: fc.integer({ min: 0, max: 100 }),
        }, { weight: 1, arbitrary: fc.integer({ min: -32768, max: 32767 }) }),
        { minLength: 1, maxLength: maxSamples },
      ),
    }),
    { maxLength: 12 },
  ).map((list) => {
    const free = new Array<number>(channels).fill(0);
    return list.map(({ gap, channel, samples }) => {
      const time = free[channel]! + gap * DT;
      free[channel] = time + Math.ceil(samples.length / WIDTH) * WIDTH * DT;
      return { time, channel, samples };
    });
  });

/** Pulses as fragments of {@linkcode WIDTH} samples, in order. */
export function rawTable(pulses: readonly Pulse[]): Table<RawRecordTypes> {
  const rows = pulses.flatMap(({ time, channel, samples, polarity = -1 }) =>
    Array.from({ length: Math.ceil(samples.length / WIDTH) }, (_, k) => {
      const part = samples.slice(k * WIDTH, (k + 1) * WIDTH);
      return { time: time + k * WIDTH * DT, channel, part, pulse: samples.length, k, polarity };
    })
  ).sort((a, b) => a.time - b.time || a.channel - b.channel);
  return Table.from(rawRecordsSchema, {
    time: rows.map(({ time }) => BigInt(time)),
    endtime: rows.map(({ time, part }) => BigInt(time + part.length * DT)),
    channel: rows.map(({ channel }) => channel),
    dt: rows.map(() => DT),
    length: rows.map(({ part }) => part.length),
    pulse_length: rows.map(({ pulse }) => pulse),
    record_i: rows.map(({ k }) => k),
    polarity: rows.map(({ polarity }) => polarity),
    data: rows.map(({ part }) => [...part, ...new Array<number>(WIDTH - part.length).fill(0)]),
  }, { t0: 0n });
}

/** A hit as a test states it. */
export interface TestHit {
  time: number;
  channel: number;
  wave: readonly number[];
  baseline?: number;
}

/** Hits in order, with an interval of 10 ps. */
export function hitTable(list: readonly TestHit[]): Table<StraxHitTypes> {
  const hits = [...list].sort((a, b) =>
    a.time - b.time || a.channel - b.channel || a.wave.length - b.wave.length
  );
  const fraction = ({ baseline = 100 }: TestHit) => baseline - Math.floor(baseline);
  const area = (hit: TestHit) => hit.wave.reduce((x, y) => x + y, 0) + hit.wave.length * fraction(hit);
  return Table.from(straxHitsSchema, {
    time: hits.map(({ time }) => BigInt(time)),
    endtime: hits.map(({ time, wave }) => BigInt(time + 10 * wave.length)),
    max_time: hits.map(({ time, wave }) => BigInt(time + 10 * wave.indexOf(Math.max(...wave)))),
    channel: hits.map(({ channel }) => channel),
    dt: hits.map(() => 10),
    length: hits.map(({ wave }) => wave.length),
    left: hits.map(() => 0),
    right: hits.map(({ wave }) => wave.length),
    record_i: hits.map(() => 0),
    area: hits.map(area),
    height: hits.map((hit) => Math.max(...hit.wave) + fraction(hit)),
    threshold: hits.map(() => 1),
    baseline: hits.map(({ baseline = 100 }) => baseline),
    wave: hits.map(({ wave }) => wave),
  }, { t0: 0n });
}

/** Hits of a few channels, far apart and close, some as high as the baseline. */
export const randomHits = (channels = 3): fc.Arbitrary<TestHit[]> =>
  fc.array(
    fc.record({
      time: fc.integer({ min: 0, max: 60 }).map((t) => 10 * t),
      channel: fc.integer({ min: 0, max: channels - 1 }),
      wave: fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 20 }),
      baseline: fc.constantFrom(100, 100.25, 50.5),
    }),
    { maxLength: 14 },
  );
