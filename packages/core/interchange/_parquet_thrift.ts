// Thrift's compact protocol, in which Parquet writes its footer and page headers: walked before a library believes its counts, since
// a wrong one fills the memory.

const BOOL = new Set([1, 2]);
const DEEPEST = 32;
/** Types of numbers: of one byte, of so many as they need, of eight; and what consists of others. */
const BYTE = 3, I16 = 4, I64 = 6, DOUBLE = 7, BINARY = 8, LIST = 9, STRUCT = 12;

/**
 * The place behind the struct that starts at `from`. O(bytes of it): every list has at most as many elements as there are bytes.
 *
 * @throws {RangeError} Where it goes on behind the last byte, or is no struct.
 */
export function endOfStruct(bytes: Uint8Array, from: number): number {
  let at = from;
  const byte = (): number => {
    if (at >= bytes.length) throw new RangeError("it ends too early");
    return bytes[at++]!;
  };
  const skip = (count: number) => {
    if (count > bytes.length - at) throw new RangeError("it ends too early");
    at += count;
  };
  const varint = (most: number): number => {
    let value = 0;
    for (let k = 0; k < most; k++) {
      const next = byte();
      value += (next & 127) * 2 ** (7 * k);
      if (next < 128) return value;
    }
    throw new RangeError(`a number has more than ${most} bytes`);
  };
  const element = (type: number, depth: number) => {
    if (type === BYTE) skip(1);
    else if (type >= I16 && type <= I64) varint(type === I64 ? 10 : 5);
    else if (type === DOUBLE) skip(8);
    else if (type === BINARY) skip(varint(5));
    else if (type === LIST) list(depth);
    else if (type === STRUCT) struct(depth + 1);
    else throw new RangeError(`a field is of the type ${type}`);
  };
  const list = (depth: number) => {
    const head = byte(), type = head & 15, count = head >> 4 === 15 ? varint(5) : head >> 4;
    if (count > bytes.length - at) throw new RangeError(`a list has ${count} elements`);
    for (let k = 0; k < count; k++) element(BOOL.has(type) ? BYTE : type, depth + 1);
  };
  const struct = (depth: number) => {
    if (depth > DEEPEST) throw new RangeError(`it has more than ${DEEPEST} structs in each other`);
    for (let head = byte(); head !== 0; head = byte()) {
      if (head >> 4 === 0) varint(3); // the field's number
      if (!BOOL.has(head & 15)) element(head & 15, depth);
    }
  };
  struct(0);
  return at;
}
