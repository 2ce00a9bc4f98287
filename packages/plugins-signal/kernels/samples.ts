/**
 * What the kernels read and write: typed arrays of numbers.
 * @module
 */

/**
 * A trace: its samples, one after the other.
 *
 * Every kernel computes in double precision whatever the samples are stored as: integers and float32 are exact doubles, so that
 * the result for an `Int16Array` is that for a `Float64Array` of the same values.
 */
export type Samples =
  | Float64Array
  | Float32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/**
 * Where a kernel writes samples. In a `Float32Array` each value is rounded once, at the end, to a relative 6e-8 (2^-24).
 */
export type RealSamples = Float64Array | Float32Array;

/** Samples as digitizers give them, for the functions that take many records at once. */
export type WordSamples = Uint16Array | Int16Array;
