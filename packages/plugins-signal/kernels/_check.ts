// Checks of arguments. They run once a call, outside the loops.

/** @throws {TypeError} If it isn't an integer. @throws {RangeError} If it is too small or too large. */
export function checkInteger(action: string, name: string, value: number, min: number, max = 2 ** 30): void {
  if (!Number.isInteger(value)) {
    throw new TypeError(`Cannot ${action}: ${name} is ${value}; it takes an integer of at least ${min}`);
  }
  if (value < min || value > max) {
    throw new RangeError(`Cannot ${action}: ${name} is ${value}; it takes ${min} to ${max}`);
  }
}

/** @throws {RangeError} If it isn't a finite number above 0. */
export function checkPositive(action: string, name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw new RangeError(`Cannot ${action}: ${name} is ${value}; it takes a finite number above 0`);
  }
}

/** @throws {RangeError} If the output has another length. */
export function checkRoom(action: string, out: ArrayLike<number>, length: number): void {
  if (out.length !== length) {
    throw new RangeError(`Cannot ${action}: the output has ${out.length} values; give one with ${length}`);
  }
}
