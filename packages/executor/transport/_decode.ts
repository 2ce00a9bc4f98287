/**
 * Frames back to structured data; `_encode.ts` says what is carried. The bytes may come from a process that was
 * taken over: whatever they are, the result is a value or a `FrameError`, and no more memory is used than a few
 * times their number.
 *
 * @module
 */
import { type Frame, FrameError } from "./_frame.ts";
import { errorClasses, maxDepth, sparseLength, Tag, viewClasses } from "./_codec_tags.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The value of a frame. Typed arrays lie in the frame's buffers, an ArrayBuffer is the frame's where it has
 * exactly that size and isn't shared, else a copy.
 *
 * @throws {FrameError} when there is none in it
 */
export function decode(frame: Frame): unknown {
  const decoder = new Decoder(frame);
  try {
    return decoder.decode();
  } catch (error) {
    if (error instanceof FrameError) throw error;
    throw new FrameError(`Cannot read frame: ${(error as Error).message}`, { cause: error });
  }
}

/** Memory of a buffer, and the ArrayBuffer that stands for it in the value. */
class BufferEntry {
  readonly memory: Uint8Array;
  #whole: ArrayBuffer | undefined;

  constructor(memory: Uint8Array) {
    this.memory = memory;
  }

  whole(): ArrayBuffer {
    if (!this.#whole) {
      const { buffer } = this.memory;
      this.#whole = buffer instanceof ArrayBuffer && buffer.byteLength === this.memory.length
        ? buffer
        : new Uint8Array(this.memory).buffer;
    }
    return this.#whole;
  }
}

class Decoder {
  readonly #frame: Frame;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;
  #depth = 0;
  /** Objects by number. */
  readonly #objects: unknown[] = [];

  constructor(frame: Frame) {
    this.#frame = frame;
    this.#bytes = frame.meta;
    this.#view = new DataView(frame.meta.buffer, frame.meta.byteOffset, frame.meta.byteLength);
  }

  decode(): unknown {
    const value = this.#value();
    if (this.#at < this.#bytes.length) {
      throw new FrameError(
        `Cannot read frame: its value ends at byte ${this.#at} of ${this.#bytes.length} of meta`,
      );
    }
    return value;
  }

  #value(): unknown {
    const tag = this.#bytes[this.#take(1)];
    switch (tag) {
      case Tag.int32:
        return this.#view.getInt32(this.#take(4), true);
      case Tag.float64:
        return this.#view.getFloat64(this.#take(8), true);
      case Tag.utf8:
      case Tag.utf16:
        return this.#text(tag);
      case Tag.undefined:
        return undefined;
      case Tag.null:
        return null;
      case Tag.false:
        return false;
      case Tag.true:
        return true;
      case Tag.bigint:
        return this.#bigint();
      case Tag.again: {
        const number = this.#count();
        if (number >= this.#objects.length) this.#wrong(`refers to object ${number}, which has not come`);
        const object = this.#objects[number];
        return object instanceof BufferEntry ? object.whole() : object;
      }
    }
    if (++this.#depth > maxDepth) this.#wrong(`is nested more than ${maxDepth} levels deep`);
    const object = this.#object(tag!);
    this.#depth--;
    return object;
  }

  #object(tag: number): unknown {
    switch (tag) {
      case Tag.array:
        return this.#array();
      case Tag.object:
        return this.#properties(this.#keep({}));
      case Tag.numbers:
        return this.#numbers();
      case Tag.sparseArray:
        return this.#sparse();
      case Tag.view:
        return this.#arrayView();
      case Tag.inlineBuffer:
      case Tag.frameBuffer:
        return this.#buffer(tag).whole();
      case Tag.map: {
        const map = this.#keep(new Map());
        for (let left = this.#countOf(2); left > 0; left--) map.set(this.#value(), this.#value());
        return map;
      }
      case Tag.set: {
        const set = this.#keep(new Set());
        for (let left = this.#countOf(1); left > 0; left--) set.add(this.#value());
        return set;
      }
      case Tag.date: {
        const at = this.#reserve();
        return this.#objects[at] = new Date(this.#number());
      }
      case Tag.regexp: {
        const at = this.#reserve();
        return this.#objects[at] = new RegExp(this.#string(), this.#string());
      }
      case Tag.domException:
        return this.#domException();
      case Tag.error:
        return this.#error();
      case Tag.boxed: {
        const at = this.#reserve();
        const value = this.#value();
        if (value === null || value === undefined || typeof value === "object") {
          this.#wrong("has a box without a primitive in it");
        }
        return this.#objects[at] = Object(value);
      }
      default:
        return this.#wrong(`has an unknown tag ${tag}`);
    }
  }

  #array(): unknown[] {
    const array = this.#keep<unknown[]>([]);
    const length = this.#countOf(1);
    for (let i = 0; i < length; i++) {
      if (this.#bytes[this.#at] !== Tag.hole) array.push(this.#value());
      else {
        this.#take(1);
        array.length = i + 1;
      }
    }
    return array;
  }

  #numbers(): number[] {
    const length = this.#countOf(8);
    const array = this.#keep<number[]>(new Array(length));
    const at = this.#take(8 * length);
    for (let i = 0; i < length; i++) array[i] = this.#view.getFloat64(at + 8 * i, true);
    return array;
  }

  #sparse(): unknown[] {
    const array = this.#keep<unknown[]>([]);
    const length = this.#count();
    if (length < sparseLength) this.#wrong(`has a sparse array of ${length} elements`);
    // Memory for all elements is allocated when the length is set, but not when a far element is.
    array[length - 1] = undefined;
    delete array[length - 1];
    for (let left = this.#countOf(5); left > 0; left--) {
      const index = this.#count();
      if (index >= length) this.#wrong(`has element ${index} of an array of ${length}`);
      array[index] = this.#value();
    }
    return array;
  }

  #properties<T extends object>(object: T): T {
    for (let left = this.#countOf(6); left > 0; left--) {
      const key = this.#string();
      const value = this.#value();
      if (key === "__proto__") define(object, key, value, true);
      else (object as Record<string, unknown>)[key] = value;
    }
    return object;
  }

  #arrayView(): ArrayBufferView {
    const number = this.#reserve();
    const at = this.#take(17);
    const type = viewClasses[this.#bytes[at]!];
    if (!type) this.#wrong(`has a view of unknown type ${this.#bytes[at]}`);
    const offset = this.#size(at + 1);
    const length = this.#size(at + 9);
    const tag = this.#bytes[this.#take(1)];
    let entry: unknown;
    if (tag === Tag.again) entry = this.#objects[this.#count()];
    else if (tag === Tag.inlineBuffer || tag === Tag.frameBuffer) entry = this.#buffer(tag);
    if (!(entry instanceof BufferEntry)) return this.#wrong("has a view of something that is no buffer");
    const width = type.BYTES_PER_ELEMENT ?? 1;
    const { memory } = entry;
    if (offset + length * width > memory.length) {
      this.#wrong(
        `has a ${type.name} of ${length} elements at byte ${offset} of a buffer of ${memory.length} bytes`,
      );
    }
    return this.#objects[number] = new type(memory.buffer, offset, length);
  }

  #buffer(tag: number): BufferEntry {
    let memory;
    if (tag === Tag.inlineBuffer) {
      const bytes = this.#count();
      const at = this.#take(bytes);
      memory = this.#bytes.slice(at, at + bytes);
    } else {
      const index = this.#count();
      memory = this.#frame.buffers[index];
      if (!memory) {
        return this.#wrong(`refers to buffer ${index} of the frame's ${this.#frame.buffers.length}`);
      }
    }
    return this.#keep(new BufferEntry(memory));
  }

  #error(): Error {
    const number = this.#reserve();
    const type = errorClasses[this.#count()];
    if (!type) return this.#wrong("has an error of an unknown class");
    const isAggregate = type === AggregateError as unknown;
    const error = isAggregate ? new AggregateError([]) : new type();
    this.#objects[number] = error;
    const name = this.#value();
    const message = this.#value();
    const stack = this.#value();
    if (typeof name === "string" && name !== error.name) define(error, "name", name, false);
    if (typeof message === "string") define(error, "message", message, false);
    define(error, "stack", typeof stack === "string" ? stack : undefined, false);
    if (this.#bytes[this.#take(1)] !== Tag.object) this.#wrong("has an error without properties");
    const { cause, errors, ...others } = this.#propertiesOf();
    if (cause) define(error, "cause", cause.value, false);
    if (isAggregate && errors) define(error, "errors", errors.value, false);
    for (const [key, { value }] of Object.entries(others)) define(error, key, value, true);
    return error;
  }

  /** Like `#properties`, for an object that isn't one of the value's. */
  #propertiesOf(): Record<string, { value: unknown }> {
    const found: Record<string, { value: unknown }> = Object.create(null);
    for (let left = this.#countOf(6); left > 0; left--) {
      const key = this.#string();
      found[key] = { value: this.#value() };
    }
    return found;
  }

  #domException(): DOMException {
    const number = this.#reserve();
    const name = this.#string();
    const error = new DOMException(this.#string(), name);
    const stack = this.#value();
    if (typeof stack === "string") define(error, "stack", stack, false);
    this.#objects[number] = error;
    return error;
  }

  #string(): string {
    const tag = this.#bytes[this.#take(1)];
    if (tag !== Tag.utf8 && tag !== Tag.utf16) this.#wrong(`has tag ${tag} where text is expected`);
    return this.#text(tag!);
  }

  #text(tag: number): string {
    const length = this.#count();
    const at = this.#take(length);
    if (tag === Tag.utf16) {
      if (length % 2 === 1) this.#wrong("has text that ends within a character");
      let result = "";
      for (let i = at; i < at + length; i += 2) {
        result += String.fromCharCode(this.#view.getUint16(i, true));
      }
      return result;
    }
    if (length < 24) {
      let result = "";
      for (let i = at; i < at + length; i++) {
        const code = this.#bytes[i]!;
        if (code > 127) return utf8.decode(this.#bytes.subarray(at, at + length));
        result += String.fromCharCode(code);
      }
      return result;
    }
    return utf8.decode(this.#bytes.subarray(at, at + length));
  }

  #bigint(): bigint {
    const digits = this.#string();
    if (!/^-?[0-9a-f]+$/.test(digits)) this.#wrong("has a bigint without digits");
    return digits[0] === "-" ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
  }

  #number(): number {
    const value = this.#value();
    return typeof value === "number" ? value : this.#wrong("has something else where a number is expected");
  }

  #count(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A count of items that have at least `bytes` each. */
  #countOf(bytes: number): number {
    const count = this.#count();
    if (count * bytes > this.#bytes.length - this.#at) {
      this.#wrong(`has ${count} items in ${this.#bytes.length - this.#at} bytes`);
    }
    return count;
  }

  #size(at: number): number {
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#bytes.length) {
      this.#wrong(`needs ${bytes} bytes at byte ${at} of ${this.#bytes.length} of meta`);
    }
    this.#at = at + bytes;
    return at;
  }

  #keep<T>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #reserve(): number {
    return this.#objects.push(undefined) - 1;
  }

  #wrong(what: string): never {
    throw new FrameError(`Cannot read frame: its value ${what}`);
  }
}

function define(object: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });
}
