/**
 * Numbers, durations and rates for people.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatCount, formatDuration, formatRate } from "./numbers.ts";
 *
 * assert.equal(formatCount(1234567), "1 234 567");
 * assert.equal(formatDuration(1530), "1.53 s");
 * assert.equal(formatRate(52_400), "52.4 k");
 * ```
 * @module
 */

/** A whole number with its digits in groups of three. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** A number with three significant digits. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** A duration: `3.2 ms`, `1.53 s`, `2 min 5 s`. @param ms Milliseconds. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${short(ms)} ms`;
  if (ms < 59_950) return `${short(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A rate with a decimal prefix and three digits: `950`, `52.4 k`, `1.2 M`. */
export function formatRate(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value < 999.5) return short(value);
  for (const prefix of ["k", "M"]) {
    value /= 1000;
    if (value < 999.5) return `${short(value)} ${prefix}`;
  }
  return `${short(value / 1000)} G`;
}

/** Bytes as millions, with three digits; large ones in groups of three. */
export function formatMegabytes(bytes: number): string {
  const megabytes = bytes / 1e6;
  return megabytes >= 100 ? formatCount(Math.round(megabytes)) : formatRate(megabytes);
}

/** A number as short as it can be written without becoming another `f32`. */
export function formatFloat32(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(value);
}
