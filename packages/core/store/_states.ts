// States of plugins, beside the chunks of a growing result: an interrupted run goes on with them. Each is a file that is named by what
// is in it; lines of the journal tell which, and only the last ones of these are of use.
//
//   state-SHA.bin    a line of JSON with cover and hold, then the bytes
import { Buffer } from "node:buffer";
import { ifThere, sha256Of, writeParts } from "./_files.ts";
import type { JournalLine } from "./_journal.ts";
import type { Restart, SavedState } from "./types.ts";

const OURS = /^state-[0-9a-f]{16}\.bin(\.tmp)?$/;
const fileOf = (name: string): string => `state-${name}.bin`;
const namesIn = ({ restarts }: JournalLine): string[] =>
  Object.values(restarts).flatMap(({ state }) => state ?? []);

/** The states of a growing result. */
export class States {
  readonly #folder: string;
  readonly #durable: boolean;
  /** How many lines need a file. */
  readonly #uses = new Map<string, number>();
  /** Files that were written; those of an earlier writer may be torn. */
  readonly #written = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  /** Those that some lines need are there already. */
  constructor(folder: string, durable: boolean, lines: readonly JournalLine[]) {
    this.#folder = folder;
    this.#durable = durable;
    for (const name of lines.flatMap(namesIn)) this.#count(name, 1);
  }

  /** Write the states of some places, and give the places as a line has them. */
  async write(restarts: Readonly<Record<string, Restart>>): Promise<JournalLine["restarts"]> {
    const places: Record<string, { at: bigint; state?: string }> = {};
    for (const [plugin, { at, saved }] of Object.entries(restarts)) {
      places[plugin] = saved ? { at, state: await this.#write(saved) } : { at };
    }
    return places;
  }

  /** Lines are no longer of use. */
  async release(lines: readonly JournalLine[]): Promise<void> {
    for (const name of lines.flatMap(namesIn)) {
      await this.#next(async () => {
        if (this.#count(name, -1) > 0) return;
        this.#written.delete(name);
        await ifThere(Deno.remove(`${this.#folder}/${fileOf(name)}`));
      });
    }
  }

  #write({ bytes, cover, hold }: SavedState): Promise<string> {
    const head = new TextEncoder().encode(`${JSON.stringify({ cover: `${cover}`, hold: `${hold}` })}\n`);
    const name = sha256Of(Buffer.concat([head, bytes])).slice(0, 16);
    return this.#next(async () => {
      if (!this.#written.has(name)) {
        await writeParts(`${this.#folder}/${fileOf(name)}`, [head, bytes], this.#durable);
        this.#written.add(name);
      }
      this.#count(name, 1);
      return name;
    });
  }

  #count(name: string, change: number): number {
    const uses = (this.#uses.get(name) ?? 0) + change;
    if (uses > 0) this.#uses.set(name, uses);
    else this.#uses.delete(name);
    return uses;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.then(() => {}, () => {}); // whoever asked has the error
    return result;
  }
}

/** Places of a line with their states. One whose state is not whole is left out. */
export async function readStates(
  folder: string,
  line: JournalLine | undefined,
): Promise<Record<string, Restart>> {
  const restarts: Record<string, Restart> = {};
  for (const [plugin, { at, state }] of Object.entries(line?.restarts ?? {})) {
    if (state === undefined) restarts[plugin] = { at };
    const saved = state && await readState(folder, state);
    if (saved) restarts[plugin] = { at, saved };
  }
  return restarts;
}

async function readState(folder: string, name: string): Promise<SavedState | undefined> {
  const all = await ifThere(Deno.readFile(`${folder}/${fileOf(name)}`));
  if (!all || sha256Of(all).slice(0, 16) !== name) return undefined; // torn by a loss of power
  const end = all.indexOf(10);
  const { cover, hold } = JSON.parse(new TextDecoder().decode(all.subarray(0, end)));
  return { bytes: all.slice(end + 1), cover: BigInt(cover), hold: BigInt(hold) };
}

/** Remove all states but those that some lines need. */
export async function removeStates(folder: string, lines: readonly JournalLine[] = []): Promise<void> {
  const needed = new Set(lines.flatMap(namesIn).map(fileOf));
  for (const { name } of await ifThere(Array.fromAsync(Deno.readDir(folder))) ?? []) {
    if (OURS.test(name) && !needed.has(name)) await Deno.remove(`${folder}/${name}`);
  }
}
