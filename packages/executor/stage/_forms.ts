// Tables and chunks as they cross to a worker and back.
//
// Where memory is shared, only places in it cross. Elsewhere (a process) a table crosses as one buffer with its header.

import { type Account, BufferHandle, type BufferPool, type Memory } from "@millrace/core/buffers";
import { Chunk } from "@millrace/core/chunk";
import { isKernelMemory, newObject } from "@millrace/core/kernel-memory";
import { partsOf, tableOf, type TableParts } from "@millrace/core/handoff";
import type { TypedArray } from "@millrace/core/schema";
import { type Held, Table } from "@millrace/core/table";
import type { Places } from "./_place.ts";
import type { BufferForm, ChunkForm, PlaceForm, TableForm } from "./messages.ts";

/** Tables on their way out that stay this side's until the answer comes. */
export class Outbound {
  /** Buffers of this side. */
  readonly buffers: ArrayBufferLike[] = [];
  /** The tables that lie in the buffers: those that were given, or copies of them. */
  readonly tables: Table[] = [];
  readonly #shared: boolean;
  readonly #memory: Memory;
  readonly #copies: Table[] = [];

  constructor(shared: boolean, memory: Memory) {
    this.#shared = shared;
    this.#memory = memory;
  }

  table(table: Table): TableForm {
    if (!this.#shared) return bytesOf(table);
    const shareable = buffersOf(table).every((buffer) => buffer instanceof SharedArrayBuffer);
    const lent = shareable ? table : table.compact(this.#memory);
    if (lent !== table) this.#copies.push(lent);
    this.tables.push(lent);
    return partsOf(lent, this.buffers);
  }

  /** The buffers as they cross. */
  get forms(): BufferForm[] {
    return this.buffers.map((buffer) => isKernelMemory(buffer) ? this.#partOf(buffer) : buffer);
  }

  /** The part of the kernels' memory that tables have under one name. */
  #partOf(buffer: ArrayBufferLike): [start: number, bytes: number] {
    let start = Infinity, end = 0;
    for (const { handle } of this.tables.flatMap(({ held }) => held)) {
      if (handle.buffer !== buffer) continue;
      start = Math.min(start, handle.byteOffset);
      end = Math.max(end, handle.byteOffset + handle.byteLength);
    }
    return [start, end - start];
  }

  chunk(chunk: Chunk): ChunkForm {
    const { start, end, coverEnd, dataType, dataKind } = chunk;
    return { table: this.table(chunk.table), start, end, coverEnd, dataType, dataKind };
  }

  /** The other side is done with them. */
  release(): void {
    for (const copy of this.#copies.splice(0)) copy.release();
  }
}

/** Whether another thread may have it for its own; regions of the kernels' memory are of the thread that took them. */
function isAdoptable(buffer: ArrayBufferLike): boolean {
  return buffer instanceof SharedArrayBuffer && !isKernelMemory(buffer);
}

/** A buffer that came, or the part of the kernels' memory that did. */
export interface Received {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** The buffers of a message. Each part of the kernels' memory is an object of its own: that of this thread's regions is another one. */
export function received(forms: readonly BufferForm[]): Received[] {
  return forms.map((form) => {
    if (!isPart(form)) return { buffer: form, byteOffset: 0, byteLength: form.byteLength };
    const [byteOffset, byteLength] = form;
    return { buffer: newObject(byteOffset + byteLength), byteOffset, byteLength };
  });
}

function isPart(form: BufferForm): form is readonly [number, number] {
  return Array.isArray(form);
}

/** The buffers that a table's columns lie in. */
function buffersOf(table: Table): ArrayBufferLike[] {
  const buffers: ArrayBufferLike[] = [];
  partsOf(table, buffers);
  return buffers;
}

/** A table as one buffer with its header, without the room behind its rows where that is much. */
function bytesOf(table: Table): Uint8Array {
  const roomy = table.nbytes * 2 < table.heldBytes;
  const lent = roomy ? table.compact() : table;
  const buffer = lent.toBuffer();
  if (lent !== table) lent.detach();
  return new Uint8Array(buffer);
}

/**
 * A table that came: over shared buffers, or in a buffer of its own, which is charged to the account, and is the pool's
 * when the table is released.
 */
export function tableFrom(
  form: TableForm,
  buffers: readonly Received[],
  account?: Account,
  pool?: BufferPool,
): Table {
  if (!(form instanceof Uint8Array)) {
    return tableOf(form, buffers.map(({ buffer }) => buffer), (index) => {
      const { buffer, byteOffset, byteLength } = buffers[index]!;
      const handle = new BufferHandle(buffer, undefined, undefined, byteOffset, byteLength);
      return { handle, charged: false };
    });
  }
  const buffer = form.byteOffset === 0 ? form.buffer : form.slice().buffer;
  return Table.fromBuffer(buffer, { account, pool });
}

/** A chunk that came. Its rows were checked against its interval where it comes from. */
export function chunkFrom(form: ChunkForm, table: Table, runId: string): Chunk {
  const { start, end, coverEnd, dataType, dataKind } = form;
  return new Chunk(table, { start, end, coverEnd, withHalo: true, runId, dataType, dataKind });
}

/**
 * Tables on their way back from a worker, which has no more to do with them: the other side adopts their buffers. Buffers of
 * the task's inputs may be among theirs. What something else here still refers to is copied.
 */
export class Return {
  readonly #all: ArrayBufferLike[];
  readonly #count: number;
  readonly #inputs: ReadonlySet<ArrayBufferLike>;
  readonly #shared: boolean;
  readonly #memory: Memory;
  readonly #places: Places | undefined;

  /** @param places Where tables may lie in the kernels' memory. */
  constructor(inputs: readonly Received[], shared: boolean, memory: Memory, places?: Places) {
    this.#places = places;
    this.#all = inputs.map(({ buffer }) => buffer);
    this.#count = inputs.length;
    this.#inputs = new Set(this.#all);
    this.#shared = shared;
    this.#memory = memory;
  }

  /** Buffers of the tables given away that are not the inputs'. */
  get buffers(): ArrayBufferLike[] {
    return this.#all.slice(this.#count);
  }

  /** Give tables away; they are released here. */
  tables(tables: readonly (Table | null)[]): (TableForm | null)[] {
    if (!this.#shared) {
      return tables.map((table) => {
        if (!table) return null;
        const bytes = bytesOf(table);
        table.release();
        return bytes;
      });
    }
    const given = this.#owned(tables);
    const parts = given.map((table) => table && partsOf(table, this.#all));
    for (const table of given) {
      for (const { handle } of table?.detach() ?? []) {
        if (this.#inputs.has(handle.buffer)) handle.release(false);
      }
    }
    return parts;
  }

  #canGive(buffer: ArrayBufferLike, table: Table): boolean {
    if (this.#places?.has(buffer) || this.#inputs.has(buffer)) return true;
    if (isKernelMemory(buffer)) return false;
    // Arrays that no handle counts are not shared either.
    return isAdoptable(buffer) && table.held.some(({ handle }) => handle.buffer === buffer);
  }

  /** The tables, copies where something else refers to a buffer that would be given away. */
  #owned(tables: readonly (Table | null)[]): (Table | null)[] {
    const given = [...tables];
    for (;;) {
      const references = new Map<BufferHandle, number>();
      for (const table of given) {
        for (const { handle } of table?.held ?? []) references.set(handle, (references.get(handle) ?? 0) + 1);
      }
      const k = given.findIndex((table) =>
        table?.held.some(({ handle }) =>
          !this.#inputs.has(handle.buffer) && handle.refs > references.get(handle)!
        ) || (table && buffersOf(table).some((buffer) => !this.#canGive(buffer, table)))
      );
      if (k < 0) return given;
      const table = given[k]!;
      given[k] = table.compact(this.#memory);
      table.release();
    }
  }
}

const abandoned: BufferHandle[] = [];

/** A part of the kernels' memory is never used again. Its handle is kept: the collector would free the part with it. */
export function abandon(handle: BufferHandle): void {
  abandoned.push(handle);
}

/** Parts of the kernels' memory that a task may place its outputs in, until it has been answered. */
export class Lent {
  readonly #handles = new Map<number, BufferHandle>();
  readonly forms: PlaceForm[] = [];

  /** Bytes of all that were lent. */
  get bytes(): number {
    return this.forms.reduce((sum, [, , bytes]) => sum + bytes, 0);
  }

  /** One for a table of a type. */
  add(type: string, handle: BufferHandle): void {
    this.#handles.set(handle.byteOffset, handle);
    this.forms.push([type, handle.byteOffset, handle.byteLength]);
  }

  /** One that a table lies in: it is the table's now. */
  take([at]: readonly [byteOffset: number, byteLength: number]): BufferHandle {
    const handle = this.#handles.get(at);
    if (!handle) throw new Error(`A table was placed at ${at}, which was not lent`);
    this.#handles.delete(at);
    return handle;
  }

  /** A thread that was given up may still write to them: nobody else may ever have them. */
  abandon(): void {
    for (const handle of this.#handles.values()) abandon(handle);
    this.#handles.clear();
  }

  /** Those that no table lies in are free again. */
  release(): void {
    for (const handle of this.#handles.values()) handle.release(true);
    this.#handles.clear();
  }
}

/**
 * The tables of a reply: new buffers are charged already and become the pool's, those of the inputs are held by the inputs'
 * own tables.
 */
export function adopt(
  forms: readonly (TableForm | null)[],
  buffers: readonly BufferForm[],
  inputs: { readonly buffers: readonly ArrayBufferLike[]; readonly tables: readonly Table[] },
  { pool, account }: { readonly pool: BufferPool; readonly account: Account },
  lent?: Lent,
): (Table | null)[] {
  const handles = new Map<number, BufferHandle>();
  const placed = buffers.map((form) => isPart(form) ? lent!.take(form) : undefined);
  const all = [
    ...inputs.buffers,
    ...buffers.map((form, k) => placed[k]?.buffer ?? (form as ArrayBufferLike)),
  ];
  const hold = (index: number, arrays: readonly TypedArray[]) => {
    if (index < inputs.buffers.length) {
      // Several regions of the kernels' memory may have one buffer.
      const held = inputs.tables.flatMap((table) => table.held);
      const found = new Set<Held>();
      for (const array of arrays) {
        const one = held.find(({ handle }) => handle.holds(array));
        if (!one) throw new Error("A table was given that lies in a buffer of no input");
        found.add(one);
      }
      for (const { handle, charged } of found) handle.retain(charged);
      return [...found];
    }
    let handle = handles.get(index);
    if (handle) handle.retain(true);
    else {
      handle = placed[index - inputs.buffers.length] ?? new BufferHandle(all[index]!, account, pool);
      handles.set(index, handle);
    }
    return { handle, charged: true };
  };
  return forms.map((form) => {
    if (form === null) return null;
    if (form instanceof Uint8Array) return tableFrom(form, [], account);
    return tableOf(form as TableParts, all, hold);
  });
}
