// What options were made from, for those who make them again elsewhere.

/** Settings of an option, and the choices of one of those. */
export interface MadeFrom {
  readonly settings: object;
  readonly choices: readonly string[] | undefined;
}

const known = new WeakMap<object, MadeFrom>();

/** Keeps what `spec` was made from. */
export function remember(spec: object, settings: object, choices: readonly string[] | undefined): void {
  known.set(spec, { settings, choices });
}

/** What `spec` was made from; undefined for one that `option` didn't make. */
export function madeFrom(spec: object): MadeFrom | undefined {
  return known.get(spec);
}
