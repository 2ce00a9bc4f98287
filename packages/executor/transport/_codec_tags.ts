/**
 * What encoder and decoder agree on.
 * @module
 */

/** The byte in front of each value. */
export const Tag = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  int32: 4,
  float64: 5,
  utf8: 6,
  utf16: 7,
  bigint: 8,
  array: 9,
  object: 10,
  map: 11,
  set: 12,
  date: 13,
  regexp: 14,
  error: 15,
  domException: 16,
  boxed: 17,
  /** An object that came before: its number, in the order of coming. */
  again: 18,
  /** Typed array or DataView: type, byte offset, length, then its buffer. */
  view: 19,
  /** ArrayBuffer: its bytes. */
  inlineBuffer: 20,
  /** ArrayBuffer: which of the frame's buffers it is. */
  frameBuffer: 21,
  /** An element of an array that is not there. */
  hole: 22,
  /** Entries of a sparse array: length, count, then index and value. */
  sparseArray: 23,
  /** An array of numbers only: length, float64s. */
  numbers: 24,
} as const;

/** Deepest nesting of a value. */
export const maxDepth = 1000;

/** Shortest array that is sent as a sparse one, when most elements are not there. */
export const sparseLength = 2048;

/** ArrayBuffers of fewer bytes are put into meta. */
export const inlineBytes = 2048;

/** Error classes that come back as themselves; a type is the index. Others come back as `Error` with their name. */
export const errorClasses: readonly ErrorConstructor[] = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError as unknown as ErrorConstructor,
];

/** A constructor of views. */
export interface ViewClass {
  /** Bytes of an element; none for DataView. */
  readonly BYTES_PER_ELEMENT?: number;
  /** As the class is called. */
  readonly name: string;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
}

/** Classes of views; a type is the index. */
export const viewClasses: readonly ViewClass[] = [
  DataView,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];
