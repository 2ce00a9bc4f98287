/**
 * Codecs: how the columns of a chunk file are held.
 *
 * A codec changes no row. Every file says how it is held, so that a reader need not be told; a result names its codec in no
 * lineage.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { codecOf, codecNames } from "@millrace/core/codecs";
 *
 * assert.deepEqual(codecNames(), ["none", "zstd", "waveform"]);
 * assert.throws(() => codecOf("zip"), /Unknown codec "zip"/);
 * ```
 * @module
 */
import { didYouMean } from "../../options/_suggest.ts";
import { none } from "./none.ts";
import type { Codec, CodecName } from "./types.ts";
import { waveform } from "./waveform.ts";
import { zstd } from "./zstd.ts";

export type { BufferCodec, BufferDecoder, Codec, CodecName } from "./types.ts";

/** All codecs by name. */
export const CODECS: Readonly<Record<CodecName, Codec>> = { none, zstd, waveform };

/** The codec of a result for which none is chosen: ARCHITECTURE.md has the measurements. */
export const DEFAULT_CODEC: CodecName = "waveform";

/** Names of all codecs. */
export function codecNames(): CodecName[] {
  return Object.keys(CODECS) as CodecName[];
}

/** The codec of that name. @throws {RangeError} On a name that no codec has. */
export function codecOf(name: string): Codec {
  if (Object.hasOwn(CODECS, name)) return CODECS[name as CodecName];
  throw new RangeError(
    `Unknown codec "${name}"${didYouMean(name, codecNames(), `there are ${codecNames().join(", ")}`)}`,
  );
}
