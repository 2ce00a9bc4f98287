// What the tests have workers do.

/** Twice a number. */
export function double(x: number): number {
  return 2 * x;
}

/** A value, after some ms; or an error. */
export async function later(
  { value, wait = 0, fails = false }: { value: number; wait?: number; fails?: boolean },
): Promise<number> {
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  if (fails) throw new RangeError(`No ${value}`);
  return value;
}

/** Number of the worker that was asked. */
export function whoAmI(_input: unknown, context: { readonly worker: number }): number {
  return context.worker;
}

/** The difference of two numbers. */
export function subtract(a: number, b: number): number {
  return a - b;
}
