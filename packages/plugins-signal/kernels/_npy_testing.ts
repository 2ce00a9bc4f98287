// For tests: arrays of NumPy.

const READERS = {
  "<f8": (view: DataView, at: number) => view.getFloat64(at, true),
  "<u2": (view: DataView, at: number) => view.getUint16(at, true),
  "<i8": (view: DataView, at: number) => Number(view.getBigInt64(at, true)),
};

/** The rows of a `.npy` file in one or two dimensions, as doubles. */
export function npyRows(path: string): Float64Array[] {
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer);
  const start = 10 + view.getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(10, start));
  const match = /'descr': '(.*?)', 'fortran_order': False, 'shape': \((\d+),(?: (\d+))?\)/.exec(header);
  const read = READERS[match?.[1] as keyof typeof READERS];
  if (!match || !read) throw new TypeError(`Cannot read ${path}: its header is ${header}`);
  const size = Number(match[1]!.at(-1));
  const [rows, width] = match[3] ? [Number(match[2]), Number(match[3])] : [1, Number(match[2])];
  return Array.from(
    { length: rows },
    (_, i) => Float64Array.from({ length: width }, (_, k) => read(view, start + size * (i * width + k))),
  );
}
