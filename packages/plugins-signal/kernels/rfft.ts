/**
 * The Fourier transform of a trace, as `numpy.fft.rfft`, and its power spectrum.
 *
 * `X[k] = sum x[n] exp(-2 pi i k n / N)` for `k` from 0 to `N / 2`, without scaling; the mean is not removed. Any length;
 * O(N log N), powers of two are the fastest. No allocation in the methods of {@linkcode RealFft}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { powerSpectrum, RealFft, rfft } from "@millrace/plugins-signal/kernels";
 *
 * const x = Float64Array.from({ length: 8 }, (_, n) => 1 + Math.cos(2 * Math.PI * n / 4));
 * const { re, im } = rfft(x);
 * [8, 0, 4, 0, 0].forEach((value, k) => assert(Math.abs(re[k]! - value) < 1e-12));
 * assert(im.every((value) => Math.abs(value) < 1e-12));
 * assert.deepEqual([...powerSpectrum(x)].map(Math.round), [64, 0, 16, 0, 0]);
 *
 * // Many traces without allocation.
 * const fft = new RealFft(8), out = new Float64Array(5);
 * fft.powerSpectrum(x, out);
 * assert.equal(Math.round(out[2]!), 16);
 * ```
 * @module
 */
import { checkInteger, checkRoom } from "./_check.ts";
import { ComplexFft } from "./_fft.ts";
import type { Samples } from "./samples.ts";

/** Real and imaginary parts: `[N / 2 + 1]` each, rounded down. */
export interface Spectrum {
  /** Real parts. */
  readonly re: Float64Array;
  /** Imaginary parts. */
  readonly im: Float64Array;
}

/** The transform of traces of one length, with its factors and work space. */
export class RealFft {
  /** Samples of a trace. */
  readonly size: number;
  /** Values of a spectrum. */
  readonly bins: number;
  // A trace of even length is transformed as complex values of half that length.
  readonly #fft: ComplexFft;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #spectrum: Spectrum;

  /** Factors and work space for traces of `size` samples. @throws {TypeError} On what is no integer. @throws {RangeError} On a length below 1. */
  constructor(size: number) {
    checkInteger("make a transform", "size", size, 1, 2 ** 26);
    this.size = size;
    this.bins = (size >> 1) + 1;
    this.#spectrum = { re: new Float64Array(this.bins), im: new Float64Array(this.bins) };
    const length = size % 2 === 0 ? size / 2 : size;
    this.#fft = new ComplexFft(length);
    this.#re = new Float64Array(length);
    this.#im = new Float64Array(length);
    this.#cos = Float64Array.from({ length: this.bins }, (_, k) => Math.cos(2 * Math.PI * k / size));
    this.#sin = Float64Array.from({ length: this.bins }, (_, k) => Math.sin(2 * Math.PI * k / size));
  }

  /**
   * The transform of `x`, written to `out`.
   *
   * @throws {RangeError} If `x` or `out` has another length than `size` or `bins`.
   */
  transform(x: Samples, out: Spectrum): void {
    checkRoom("transform", out.re, this.bins);
    checkRoom("transform", out.im, this.bins);
    if (x.length !== this.size) {
      throw new RangeError(
        `Cannot transform a trace of ${x.length} samples: the transform was made for ${this.size}; make another one`,
      );
    }
    if (this.size % 2 === 0) this.#even(x, out);
    else this.#odd(x, out);
  }

  /**
   * `|X[k]|^2`, written to `out`; gives `out`.
   *
   * @throws {RangeError} If `x` or `out` has another length than `size` or `bins`.
   */
  powerSpectrum(x: Samples, out: Float64Array): Float64Array {
    const { re, im } = this.#spectrum;
    checkRoom("transform", out, this.bins);
    this.transform(x, this.#spectrum);
    for (let k = 0; k < out.length; k++) out[k] = re[k]! * re[k]! + im[k]! * im[k]!;
    return out;
  }

  #odd(x: Samples, { re, im }: Spectrum): void {
    this.#re.set(x);
    this.#im.fill(0);
    this.#fft.transform(this.#re, this.#im);
    re.set(this.#re.subarray(0, this.bins));
    im.set(this.#im.subarray(0, this.bins));
    im[0] = 0;
  }

  /** With z = even samples + i odd samples: E = (Z[k] + Z*[-k]) / 2, O = (Z[k] - Z*[-k]) / 2i, X = E + exp(-2 pi i k / N) O. */
  #even(x: Samples, { re, im }: Spectrum): void {
    const a = this.#re, b = this.#im, half = a.length;
    for (let k = 0; k < half; k++) {
      a[k] = x[2 * k]!;
      b[k] = x[2 * k + 1]!;
    }
    this.#fft.transform(a, b);
    for (let k = 0; k <= half; k++) {
      const i = k === half ? 0 : k, j = k === 0 ? 0 : half - k;
      const evenRe = (a[i]! + a[j]!) / 2, evenIm = (b[i]! - b[j]!) / 2;
      const oddRe = (b[i]! + b[j]!) / 2, oddIm = (a[j]! - a[i]!) / 2;
      const c = this.#cos[k]!, s = this.#sin[k]!;
      re[k] = evenRe + c * oddRe + s * oddIm;
      im[k] = evenIm + c * oddIm - s * oddRe;
    }
    im[0] = im[half] = 0;
  }
}

/** The transform of a trace. @throws {RangeError} On a trace without samples. */
export function rfft(x: Samples): Spectrum {
  const fft = new RealFft(x.length);
  const out = { re: new Float64Array(fft.bins), im: new Float64Array(fft.bins) };
  fft.transform(x, out);
  return out;
}

/** The power spectrum `|X[k]|^2` of a trace: `[N / 2 + 1]`, neither scaled nor freed of the mean. @throws {RangeError} On a trace without samples. */
export function powerSpectrum(x: Samples): Float64Array {
  const fft = new RealFft(x.length);
  return fft.powerSpectrum(x, new Float64Array(fft.bins));
}
