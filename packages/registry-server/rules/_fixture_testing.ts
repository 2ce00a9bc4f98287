// For tests: archives made as fixtures describe them.

import { packTar, type TarEntry } from "modern-tar";
import type { Limits } from "../config/limits.ts";

/** A package that is refused: a good one with one thing changed. */
export interface RejectFixture {
  /** Part of what the publisher is told. */
  readonly message: string;
  readonly scope?: string;
  readonly name?: string;
  readonly version?: string;
  /** Fields of deno.json instead of the good ones; a `null` field, or no file at all. */
  readonly config?: Readonly<Record<string, unknown>> | null;
  /** All of deno.json. */
  readonly configText?: string;
  /** Text of mod.ts. */
  readonly mod?: string;
  /** More entries of the archive. */
  readonly entries?: readonly FixtureEntry[];
  readonly limits?: Partial<Limits>;
  /** The upload itself, instead of an archive. */
  readonly archive?: string;
  /** Bytes after which the archive ends. */
  readonly truncate?: number;
}

interface FixtureEntry {
  readonly path: string;
  readonly type?: NonNullable<TarEntry["header"]["type"]>;
  readonly linkname?: string;
  readonly text?: string;
  readonly repeat?: readonly [text: string, count: number];
  readonly base64?: string;
}

/** The upload that a fixture describes. */
export async function archiveOf(fixture: Omit<RejectFixture, "message">): Promise<Uint8Array<ArrayBuffer>> {
  if (fixture.archive !== undefined) return new TextEncoder().encode(fixture.archive);
  const config = {
    name: "@lab/good",
    version: "1.0.0",
    license: "MIT",
    exports: "./mod.ts",
    ...fixture.config,
  };
  const kept = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
  const entries: TarEntry[] = [
    ...fixture.config === null
      ? []
      : [entry({ path: "deno.json", text: fixture.configText ?? JSON.stringify(kept) })],
    entry({ path: "mod.ts", text: fixture.mod ?? "export const good: number = 1;\n" }),
    ...(fixture.entries ?? []).map(entry),
  ];
  const whole = await gzip(await packTar(entries));
  return fixture.truncate === undefined ? whole : whole.slice(0, fixture.truncate);
}

function entry({ path, type = "file", linkname, text, repeat, base64 }: FixtureEntry): TarEntry {
  const body = base64 !== undefined
    ? Uint8Array.fromBase64(base64)
    : new TextEncoder().encode(repeat ? repeat[0].repeat(repeat[1]) : text ?? "");
  return {
    header: {
      name: path,
      type,
      mtime: new Date(0), // the same archive at any time
      size: type === "file" ? body.length : 0,
      ...linkname !== undefined && { linkname },
    },
    ...type === "file" && { body },
  };
}

/** Compress. */
export function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}
