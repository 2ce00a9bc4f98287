/**
 * Structured data to frames. Carried are: primitives, plain objects and arrays (holes and cycles too), Map, Set,
 * Date, RegExp, errors (class, name, message, stack, cause, an AggregateError's errors, other properties),
 * DOMException, ArrayBuffer and its views. Objects of classes arrive as plain objects with their own enumerable
 * properties, shared and resizable buffers as plain ones, of an array only its elements. What else there is
 * can't be sent. This follows the structured clone algorithm, on which threads rely.
 *
 * O(size of the value); buffers of 2 KiB and more are not touched: they are listed and written by the caller.
 * A view brings its whole buffer along, as with `postMessage`.
 *
 * @module
 */
import { headerBytes, writeHeader, writeSize } from "./_frame.ts";
import { errorClasses, inlineBytes, maxDepth, sparseLength, Tag, viewClasses } from "./_codec_tags.ts";

/** A frame that is ready to be written: `head`, then the buffers. */
export interface EncodedFrame {
  /** Header, meta and sizes; valid until the next frame is encoded. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** What follows. */
  readonly buffers: readonly ArrayBufferLike[];
}

const text = new TextEncoder();
const viewTypes = new Map(viewClasses.map((view, type) => [view.name, type]));
const toStringTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;
const errorFields = new Set(["name", "message", "stack", "cause", "errors"]);

/** Encodes values; keeps its memory from one to the next. */
export class Encoder {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #depth = 0;
  #seen = new Map<object, number>();
  #buffers: ArrayBufferLike[] = [];

  /**
   * Encodes a frame with one value.
   *
   * @throws {DOMException} DataCloneError that names what can't be sent
   */
  encode(type: number, id: number, value: unknown): EncodedFrame {
    this.#at = headerBytes;
    this.#depth = 0;
    try {
      this.#value(value);
      return this.#finish(type, id);
    } finally {
      this.#buffers = [];
      if (this.#seen.size > 0) this.#seen = new Map();
      if (this.#bytes.length > 1 << 20) {
        this.#bytes = new Uint8Array(4096);
        this.#view = new DataView(this.#bytes.buffer);
      }
    }
  }

  #finish(type: number, id: number): EncodedFrame {
    const metaBytes = this.#at - headerBytes;
    const buffers = this.#buffers;
    this.#room(8 * buffers.length);
    let bufferBytes = 0;
    for (const buffer of buffers) {
      writeSize(this.#view, this.#at, buffer.byteLength);
      this.#at += 8;
      bufferBytes += buffer.byteLength;
    }
    writeHeader(this.#view, { type, id, metaBytes, buffers: buffers.length, bufferBytes });
    return { head: this.#bytes.subarray(0, this.#at), buffers };
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case "number":
        return this.#number(value);
      case "string":
        return this.#string(value);
      case "undefined":
        return this.#tag(Tag.undefined);
      case "boolean":
        return this.#tag(value ? Tag.true : Tag.false);
      case "bigint":
        this.#tag(Tag.bigint);
        return this.#string(value.toString(16));
      case "object":
        return value === null ? this.#tag(Tag.null) : this.#object(value);
      default:
        throw cannotSend(
          typeof value === "symbol"
            ? String(value)
            : `function ${(value as { name: string }).name || "(anonymous)"}`,
        );
    }
  }

  #number(value: number): void {
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.#room(5);
      this.#bytes[this.#at] = Tag.int32;
      this.#view.setInt32(this.#at + 1, value, true);
      this.#at += 5;
    } else {
      this.#room(9);
      this.#bytes[this.#at] = Tag.float64;
      this.#view.setFloat64(this.#at + 1, value, true);
      this.#at += 9;
    }
  }

  #string(value: string): void {
    const { length } = value;
    this.#room(5 + 3 * length);
    const at = this.#at + 5;
    let written = 0;
    if (length < 24) {
      while (written < length) {
        const code = value.charCodeAt(written);
        if (code > 127) break;
        this.#bytes[at + written++] = code;
      }
    }
    let tag: number = Tag.utf8;
    if (written < length || length >= 24) {
      if (value.isWellFormed()) written = text.encodeInto(value, this.#bytes.subarray(at)).written;
      else {
        tag = Tag.utf16;
        for (let i = 0; i < length; i++) this.#view.setUint16(at + 2 * i, value.charCodeAt(i), true);
        written = 2 * length;
      }
    }
    this.#bytes[this.#at] = tag;
    this.#view.setUint32(this.#at + 1, written, true);
    this.#at = at + written;
  }

  #object(value: object): void {
    const number = this.#seen.get(value);
    if (number !== undefined) {
      this.#tag(Tag.again);
      return this.#count(number);
    }
    this.#seen.set(value, this.#seen.size);
    if (++this.#depth > maxDepth) throw cannotSend(`value nested more than ${maxDepth} levels deep`);
    if (Array.isArray(value)) this.#array(value);
    else if (Object.getPrototypeOf(value) === Object.prototype) this.#properties(value);
    else if (ArrayBuffer.isView(value)) this.#arrayView(value);
    else if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) this.#buffer(value);
    else this.#builtIn(value);
    this.#depth--;
  }

  #array(value: readonly unknown[]): void {
    const { length } = value;
    if (isNumeric(value)) return this.#numbers(value);
    if (length >= sparseLength && seemsSparse(value)) {
      const keys = Object.keys(value);
      if (keys.length < length / 8) return this.#sparse(value, keys);
    }
    this.#tag(Tag.array);
    this.#count(length);
    for (let i = 0; i < length; i++) {
      const element = value[i];
      if (element === undefined && !(i in value)) this.#tag(Tag.hole);
      else this.#value(element);
    }
  }

  #numbers(value: readonly number[]): void {
    const { length } = value;
    this.#tag(Tag.numbers);
    this.#count(length);
    this.#room(8 * length);
    const view = this.#view;
    let at = this.#at;
    for (let i = 0; i < length; i++, at += 8) view.setFloat64(at, value[i]!, true);
    this.#at = at;
  }

  #sparse(value: readonly unknown[], keys: readonly string[]): void {
    const indices = keys.map(Number).filter((key) => Number.isInteger(key) && key < value.length);
    this.#tag(Tag.sparseArray);
    this.#count(value.length);
    this.#count(indices.length);
    for (const index of indices) {
      this.#count(index);
      this.#value(value[index]);
    }
  }

  #properties(value: object, keys = Object.keys(value)): void {
    this.#tag(Tag.object);
    this.#count(keys.length);
    for (const key of keys) {
      this.#string(key);
      this.#value((value as Record<string, unknown>)[key]);
    }
  }

  #arrayView(value: ArrayBufferView): void {
    const type = viewTypes.get(toStringTag.call(value) ?? "DataView");
    if (type === undefined) throw cannotSend(`a ${toStringTag.call(value)}`);
    refuseDetached(value.buffer);
    const width = viewClasses[type]!.BYTES_PER_ELEMENT ?? 1;
    this.#tag(Tag.view);
    this.#room(17);
    this.#bytes[this.#at] = type;
    writeSize(this.#view, this.#at + 1, value.byteOffset);
    writeSize(this.#view, this.#at + 9, value.byteLength / width);
    this.#at += 17;
    this.#value(value.buffer);
  }

  #buffer(value: ArrayBufferLike): void {
    refuseDetached(value);
    const bytes = value.byteLength;
    if (bytes < inlineBytes) {
      this.#tag(Tag.inlineBuffer);
      this.#count(bytes);
      this.#room(bytes);
      this.#bytes.set(new Uint8Array(value), this.#at);
      this.#at += bytes;
    } else {
      this.#tag(Tag.frameBuffer);
      this.#count(this.#buffers.length);
      this.#buffers.push(value);
    }
  }

  #builtIn(value: object): void {
    if (value instanceof Map) {
      this.#tag(Tag.map);
      this.#count(value.size);
      for (const [key, item] of [...value]) {
        this.#value(key);
        this.#value(item);
      }
    } else if (value instanceof Set) {
      this.#tag(Tag.set);
      this.#count(value.size);
      for (const item of [...value]) this.#value(item);
    } else if (value instanceof Date) {
      this.#tag(Tag.date);
      this.#number(value.getTime());
    } else if (value instanceof RegExp) {
      this.#tag(Tag.regexp);
      this.#string(value.source);
      this.#string(value.flags);
    } else if (value instanceof DOMException) {
      this.#tag(Tag.domException);
      for (const item of [value.name, value.message, value.stack]) this.#value(item);
    } else if (value instanceof Error) this.#error(value);
    else this.#other(value);
  }

  #error(value: Error): void {
    this.#tag(Tag.error);
    const own = errorClasses.findLastIndex((item) => value instanceof item);
    this.#count(own);
    for (const item of [value.name, value.message, value.stack]) {
      this.#value(typeof item === "string" ? item : undefined);
    }
    const properties: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      if (!errorFields.has(key)) properties[key] = (value as unknown as Record<string, unknown>)[key];
    }
    if (Object.hasOwn(value, "cause")) properties.cause = value.cause;
    if (value instanceof AggregateError) properties.errors = value.errors;
    this.#properties(properties);
  }

  #other(value: object): void {
    const name = Object.prototype.toString.call(value).slice(8, -1);
    if (name === "Number" || name === "String" || name === "Boolean" || name === "BigInt") {
      this.#tag(Tag.boxed);
      this.#value(value.valueOf());
    } else if (name === "Object") this.#properties(value);
    else throw cannotSend(`a ${name}`);
  }

  #tag(tag: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = tag;
  }

  #count(count: number): void {
    this.#room(4);
    this.#view.setUint32(this.#at, count, true);
    this.#at += 4;
  }

  #room(bytes: number): void {
    const wanted = this.#at + bytes;
    if (wanted <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Whether it is worth while, and true, that all elements are numbers. */
function isNumeric(value: readonly unknown[]): value is readonly number[] {
  const { length } = value;
  if (length < 4) return false;
  for (let i = 0; i < length; i++) {
    if (typeof value[i] !== "number") return false;
  }
  return true;
}

/** Looks at some elements: whether most aren't there. */
function seemsSparse(value: readonly unknown[]): boolean {
  const probes = 64;
  let found = 0;
  for (let i = 0; i < probes; i++) {
    if (Math.floor(i * value.length / probes) in value) found++;
  }
  return found < probes / 4;
}

function refuseDetached(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && buffer.detached) {
    throw cannotSend("a detached ArrayBuffer (it was transferred before)");
  }
}

function cannotSend(what: string): DOMException {
  return new DOMException(`Cannot send ${what} to another process`, "DataCloneError");
}
