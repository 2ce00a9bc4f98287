// Complex numbers for the design of filters; not for loops over samples.

export interface Complex {
  readonly re: number;
  readonly im: number;
}

export const complex = (re: number, im = 0): Complex => ({ re, im });
export const add = (a: Complex, b: Complex): Complex => complex(a.re + b.re, a.im + b.im);
export const subtract = (a: Complex, b: Complex): Complex => complex(a.re - b.re, a.im - b.im);
export const multiply = (a: Complex, b: Complex): Complex =>
  complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
export const conjugate = (a: Complex): Complex => complex(a.re, -a.im);
export const negate = (a: Complex): Complex => complex(-a.re, -a.im);
export const scale = (a: Complex, factor: number): Complex => complex(a.re * factor, a.im * factor);
export const modulus = (a: Complex): number => Math.hypot(a.re, a.im);
export const product = (list: readonly Complex[]): Complex => list.reduce(multiply, complex(1));

export function divide(a: Complex, b: Complex): Complex {
  const norm = b.re * b.re + b.im * b.im;
  return complex((a.re * b.re + a.im * b.im) / norm, (a.im * b.re - a.re * b.im) / norm);
}

/** The root with a real part of at least 0. */
export function squareRoot(a: Complex): Complex {
  if (a.im === 0) return a.re < 0 ? complex(0, Math.sqrt(-a.re)) : complex(Math.sqrt(a.re));
  const size = modulus(a), sign = a.im < 0 ? -1 : 1;
  // The larger part first: the smaller one follows without cancellation.
  if (a.re >= 0) {
    const re = Math.sqrt((size + a.re) / 2);
    return complex(re, a.im / (2 * re));
  }
  const im = sign * Math.sqrt((size - a.re) / 2);
  return complex(a.im / (2 * im), im);
}
