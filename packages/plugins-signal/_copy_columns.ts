// Columns of the rows that a plugin's output has in common with its input.

type Values =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Uint16Array
  | BigInt64Array
  | Uint8Array;

/**
 * Copy columns of the rows `own` of the input. The engine does so with the columns that tell rows of one kind, but only where the input
 * has the very kind of the output: rows of a source of one's own need not.
 */
export function copyColumns<N extends string>(
  names: readonly N[],
  from: { readonly [K in N]: Values },
  to: { readonly [K in N]: Values },
  own: { readonly from: number; readonly to: number } = { from: 0, to: from[names[0]!]!.length },
): void {
  for (const name of names) {
    const source = from[name].subarray(own.from, own.to) as Float64Array, target = to[name] as Float64Array;
    // What emit shares is there.
    if (source.buffer !== target.buffer || source.byteOffset !== target.byteOffset) target.set(source);
  }
}
