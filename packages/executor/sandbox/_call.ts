// A stretch on its way to a sandbox and back.

import { Account, BufferPool, type Memory } from "@millrace/core/buffers";
import type { Chunk } from "@millrace/core/chunk";
import type { ComputeContext, Outputs, Plugin } from "@millrace/core/plugin";
import type { Column } from "@millrace/core/schema";
import { copyRows, Table } from "@millrace/core/table";
import { Outbound } from "../stage/_forms.ts";
import type { StageSpec } from "../stage/messages.ts";
import type { BulkPlace, BulkWriter } from "./_bulk.ts";
import type { BulkTask } from "./_inside.ts";
import type { Reply } from "./_process.ts";
import { cleanText } from "./_refusal.ts";
import { SandboxViolation } from "./violation.ts";

type Context = ComputeContext<Readonly<Record<string, unknown>>>;

/** Notices of one call. */
const MOST_NOTICES = 100;

/** What a sandbox is asked, and what lies in memory for it until it has answered. */
export interface Asked extends Disposable {
  readonly task: BulkTask;
  readonly range: readonly [start: bigint, end: bigint];
}

/** Copies are let go at once. */
const memory: Memory = { pool: new BufferPool({ maxIdle: 0 }), account: new Account() };

/** Ask for one stretch. `state` names the state that it goes on with, where there is one. */
export function taskOf(
  spec: Omit<StageSpec, "runId">,
  state: string | undefined,
  call: "compute" | "flush",
  context: Context,
  writer: BulkWriter,
): Asked {
  const out = new Outbound(false, memory);
  const chunks: Chunk[] = [...new Set(Object.values(context.inputs))];
  const first = chunks[0]!;
  const text = JSON.stringify({ ...spec, runId: context.runId } satisfies StageSpec);
  writer.restart();
  const task: BulkTask = {
    key: state ?? text,
    spec: text,
    chunks: chunks.map((chunk) => {
      const form = out.chunk(chunk);
      return { ...form, table: writer.put(form.table as Uint8Array) };
    }),
    inputs: Object.entries(context.inputs).map(([type, chunk]) => [type, chunks.indexOf(chunk)]),
    interval: { start: first.start, end: first.end, own: context.own, last: context.last, call },
    buffers: [],
    spare: [],
    budget: { limit: Number.MAX_SAFE_INTEGER, counts: undefined, slot: 0, idle: 2 ** 26 },
  };
  return { task, range: [first.start, first.end], [Symbol.dispose]: () => out.release() };
}

/**
 * What came back, copied into tables of the engine's. The reply may say anything; the engine checks what it checks of
 * every plugin (order, rows of a kind, times), this what only a plugin that writes its own messages can get wrong.
 *
 * @throws {SandboxViolation} On anything that is no answer to the question.
 */
export function outputsOf(
  name: string,
  plugin: Pick<Plugin, "provides" | "schemas" | "kind">,
  { value: reply, take }: Pick<Reply, "value" | "take">,
  context: Context,
  range: readonly [bigint, bigint],
): Outputs {
  const refuse = (value: string, allowed: string): never => {
    throw new SandboxViolation({ plugin: name, limit: "protocol", value, allowed, range });
  };
  const { outputs, notices, consumedUntil, hold } = fieldsOf(reply, refuse);
  if (!Array.isArray(notices) || notices.length > MOST_NOTICES) {
    refuse("gave notices that are none", `at most ${MOST_NOTICES} a call`);
  }
  if (!Array.isArray(outputs) || outputs.length !== plugin.provides.length) {
    return refuse("gave no answer", `one table for each of ${plugin.provides.join(", ")} is expected`);
  }
  const made: Record<string, Table | null> = {};
  try {
    for (const pair of outputs as unknown[]) {
      const [type, form] = Array.isArray(pair) ? pair : [];
      if (typeof type !== "string" || !plugin.provides.includes(type) || Object.hasOwn(made, type)) {
        return refuse(
          "gave a data type twice, or one that it does not provide",
          `it provides ${plugin.provides.join(", ")}`,
        );
      }
      made[type] = tableOf(form, take, type, plugin, context, refuse);
    }
    for (const notice of notices as unknown[]) {
      if (typeof notice !== "string") return refuse("gave notices that are none", "a notice is text");
      context.notice(cleanText(notice, 500));
    }
    if (consumedUntil !== undefined) {
      context.consumedUntil(offsetOf(consumedUntil, context.t0, "consumedUntil", refuse));
    }
    if (hold !== undefined) context.hold(offsetOf(hold, context.t0, "hold", refuse));
  } catch (error) {
    for (const table of Object.values(made)) table?.release();
    throw error;
  }
  return plugin.provides.length === 1 ? made[plugin.provides[0]!]! : made;
}

type Refuse = (value: string, allowed: string) => never;

/** Own properties of a plain object. */
function fieldsOf(reply: unknown, refuse: Refuse): Readonly<Record<string, unknown>> {
  if (typeof reply !== "object" || reply === null || Object.getPrototypeOf(reply) !== Object.prototype) {
    return refuse("gave no answer", "an object is expected");
  }
  return Object.assign(Object.create(null), reply);
}

function offsetOf(time: unknown, t0: bigint, what: string, refuse: Refuse): number {
  if (typeof time !== "bigint") return refuse(`gave ${typeof time} for ${what}`, "a time is expected");
  const offset = Number(time - t0);
  return Number.isSafeInteger(offset)
    ? offset
    : refuse(`gave ${what} ${time} ps`, "that is too far from its input");
}

function tableOf(
  form: unknown,
  take: Reply["take"],
  type: string,
  plugin: Pick<Plugin, "schemas">,
  context: Context,
  refuse: Refuse,
): Table | null {
  if (form === null) return null;
  const bytes = bytesOf(form, take, type, refuse);
  let table: Table;
  try {
    table = Table.fromBuffer(bytes.buffer);
  } catch (error) {
    return refuse(`gave a damaged table for "${type}"`, cleanText((error as Error).message));
  }
  const declared = plugin.schemas[type]!;
  if (table.schema.text !== declared.text) {
    return refuse(
      `gave "${type}" with columns ${cleanText(table.schema.text, 300)}`,
      `it declares ${declared.text}`,
    );
  }
  const values: Record<string, number> = {}, widths: Record<string, number> = {};
  for (const { name, kind } of declared.columns) {
    if (kind === "ragged") {
      const { offsets } = table.columns[name] as unknown as { readonly offsets: Uint32Array };
      values[name] = offsets[table.length]! - offsets[0]!;
    } else widths[name] = table.width(name);
  }
  const out = context.emitTo(type, table.length, { values, widths });
  try {
    const [shared, own] = divided(out, context);
    copyRows(table, 0, table.length, out, 0, own);
    checkShared(table, out, shared);
  } catch (error) {
    out.release();
    return refuse(`gave "${type}" that is not in its place`, (error as Error).message);
  }
  return out;
}

/** The bytes of a table, at the beginning of their buffer. */
function bytesOf(form: unknown, take: Reply["take"], type: string, refuse: Refuse): Uint8Array {
  if (form instanceof Uint8Array) return form.byteOffset === 0 ? form : form.slice();
  if (typeof form !== "object" || form === null) {
    return refuse(`gave ${typeof form} for "${type}"`, "a table is expected");
  }
  const { at, bytes } = form as Partial<BulkPlace>;
  const isPlace = Number.isSafeInteger(at) && Number.isSafeInteger(bytes) && at! >= 0 && bytes! > 0;
  if (!isPlace) return refuse(`gave no place for "${type}"`, "a table is expected");
  try {
    return take({ at: at!, bytes: bytes! });
  } catch (error) {
    if (error instanceof SandboxViolation) throw error;
    return refuse(`gave a place without a table for "${type}"`, (error as Error).message);
  }
}

/** Columns that are the very arrays of an input, and must not be written to; and the others. */
function divided(out: Table, { inputs }: Context): [shared: Column[], own: Column[]] {
  const given = new Set<unknown>();
  for (const { table } of Object.values(inputs)) {
    for (const data of Object.values(table.columns)) {
      given.add((data as { readonly buffer?: unknown }).buffer);
    }
  }
  const shared: Column[] = [], own: Column[] = [];
  for (const column of out.schema.columns) {
    const { buffer } = out.columns[column.name] as { readonly buffer?: unknown };
    (buffer !== undefined && given.has(buffer) ? shared : own).push(column);
  }
  return [shared, own];
}

/** @throws {RangeError} Unless the table has the input's values where it has to. */
function checkShared(table: Table, out: Table, columns: readonly Column[]): void {
  for (const { name, kind } of columns) {
    const said = table.columns[name] as Float64Array, is = out.columns[name] as Float64Array;
    const shift = kind === "time" && table.length > 0 ? Number(table.t0 - out.t0) : 0;
    for (let i = 0; i < said.length; i++) {
      if (said[i]! === is[i]! - shift) continue;
      throw new RangeError(`row ${i} of column "${name}" is not the input's, whose kind it has`);
    }
  }
}
