// Fast Fourier transform of complex values: powers of two directly, every other length as a convolution of those.

/** A transform of one length: twiddle factors and, for a length that is no power of two, what the convolution needs. */
export class ComplexFft {
  readonly size: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #chirp: Chirp | undefined;

  constructor(size: number) {
    this.size = size;
    const isPower = (size & (size - 1)) === 0;
    const half = isPower ? size >> 1 : 0;
    this.#cos = Float64Array.from({ length: half }, (_, k) => Math.cos(2 * Math.PI * k / size));
    this.#sin = Float64Array.from({ length: half }, (_, k) => -Math.sin(2 * Math.PI * k / size));
    this.#chirp = isPower ? undefined : new Chirp(size);
  }

  /** Transform `re + i im` in place: `X[k] = sum x[n] exp(-2 pi i k n / size)`. */
  transform(re: Float64Array, im: Float64Array): void {
    if (this.#chirp) this.#chirp.transform(re, im);
    else this.#radix2(re, im);
  }

  #radix2(re: Float64Array, im: Float64Array): void {
    const n = this.size, cos = this.#cos, sin = this.#sin;
    for (let i = 1, j = 0; i < n; i++) {
      let bit = n >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i >= j) continue;
      const a = re[i]!, b = im[i]!;
      re[i] = re[j]!;
      im[i] = im[j]!;
      re[j] = a;
      im[j] = b;
    }
    for (let half = 1; half < n; half *= 2) {
      const step = n / (2 * half);
      for (let start = 0; start < n; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const c = cos[k * step]!, s = sin[k * step]!;
          const i = start + k, j = i + half;
          const x = re[j]! * c - im[j]! * s, y = re[j]! * s + im[j]! * c;
          re[j] = re[i]! - x;
          im[j] = im[i]! - y;
          re[i]! += x;
          im[i]! += y;
        }
      }
    }
  }
}

/** Any length (Bluestein 1970): with k n = (k^2 + n^2 - (k - n)^2) / 2 the transform is a convolution with a chirp. */
class Chirp {
  readonly #size: number;
  readonly #fft: ComplexFft;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #filterRe: Float64Array;
  readonly #filterIm: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  constructor(size: number) {
    this.#size = size;
    const long = 2 ** Math.ceil(Math.log2(2 * size));
    this.#fft = new ComplexFft(long);
    this.#cos = new Float64Array(size);
    this.#sin = new Float64Array(size);
    this.#filterRe = new Float64Array(long);
    this.#filterIm = new Float64Array(long);
    this.#re = new Float64Array(long);
    this.#im = new Float64Array(long);
    for (let k = 0, square = 0; k < size; k++) {
      // k^2 modulo 2 size, so that the angle stays small and exact.
      const angle = Math.PI * square / size;
      this.#cos[k] = Math.cos(angle);
      this.#sin[k] = -Math.sin(angle);
      for (const at of k === 0 ? [0] : [k, long - k]) {
        this.#filterRe[at] = Math.cos(angle);
        this.#filterIm[at] = Math.sin(angle);
      }
      square = (square + 2 * k + 1) % (2 * size);
    }
    this.#fft.transform(this.#filterRe, this.#filterIm);
  }

  transform(re: Float64Array, im: Float64Array): void {
    const size = this.#size, cos = this.#cos, sin = this.#sin, a = this.#re, b = this.#im;
    a.fill(0);
    b.fill(0);
    for (let k = 0; k < size; k++) {
      a[k] = re[k]! * cos[k]! - im[k]! * sin[k]!;
      b[k] = re[k]! * sin[k]! + im[k]! * cos[k]!;
    }
    this.#fft.transform(a, b);
    for (let k = 0; k < a.length; k++) {
      const x = a[k]! * this.#filterRe[k]! - b[k]! * this.#filterIm[k]!;
      // Conjugated, so that the same transform leads back.
      b[k] = -(a[k]! * this.#filterIm[k]! + b[k]! * this.#filterRe[k]!);
      a[k] = x;
    }
    this.#fft.transform(a, b);
    for (let k = 0; k < size; k++) {
      const x = a[k]! / a.length, y = -b[k]! / a.length;
      re[k] = x * cos[k]! - y * sin[k]!;
      im[k] = x * sin[k]! + y * cos[k]!;
    }
  }
}
