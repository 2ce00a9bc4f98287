/**
 * Files of an uploaded archive: {@linkcode unpack}.
 * @module
 */
import { createTarDecoder } from "modern-tar";
import type { Limits } from "../config/limits.ts";
import { Refusal } from "../http/refusal.ts";
import { ENTRY_RULES } from "../rules/all.ts";
import { type Entry, foldersOf } from "../rules/rule.ts";

/**
 * Unpack a gzipped tar archive into memory. Nothing is written anywhere, and no more than the allowed bytes are ever unpacked: not from an
 * archive that inflates without end, nor from one whose headers lie about sizes.
 *
 * @returns Files by path with a leading slash.
 * @throws {Refusal} When the archive is damaged or breaks a rule.
 */
export async function unpack(
  archive: ReadableStream<Uint8Array<ArrayBuffer>>,
  limits: Limits,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const paths = new Set<string>();
  const folders = new Set<string>();
  const folded = new Map<string, string>();
  const entries = archive
    .pipeThrough(new DecompressionStream("gzip"))
    .pipeThrough(atMost(limits.unpackedBytes))
    .pipeThrough(createTarDecoder({ strict: true }));
  try {
    for await (const { header, body } of entries) {
      const path = header.name.replace(/^(\.\/)+/, "");
      const type = header.type ?? "file";
      if (type === "directory") {
        await body.cancel();
        continue;
      }
      check({ path, type, size: header.size }, { paths, folders, folded }, limits);
      const bytes = await new Response(body).bytes();
      if (bytes.length !== header.size) {
        throw new Refusal(400, "badArchive", `The archive ends within "${path}"; pack it again`);
      }
      paths.add(path);
      for (const folder of foldersOf(path)) folders.add(folder);
      folded.set(path.toLowerCase(), path);
      files.set(`/${path}`, bytes);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(
      400,
      "badArchive",
      `The upload is no gzipped tar archive: ${(error as Error).message}; use deno publish, or pack it again`,
    );
  }
  return files;
}

function check(entry: Entry, before: Parameters<typeof ENTRY_RULES[0]["refuse"]>[1], limits: Limits): void {
  for (const { code, refuse } of ENTRY_RULES) {
    const message = refuse(entry, before, limits);
    if (message !== undefined) throw new Refusal(400, code, message);
  }
}

function atMost(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(part, controller) {
      bytes += part.length;
      if (bytes > limit) {
        throw new Refusal(
          413,
          "unpackedTooLarge",
          `The archive has more than ${limit} bytes when unpacked; leave files out with "publish.exclude" in deno.json`,
        );
      }
      controller.enqueue(part);
    },
  });
}
