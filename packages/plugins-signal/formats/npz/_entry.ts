// The bytes of a file in an archive, from front to back.
import { crc32 } from "node:zlib";
import { type OpenFiles, RunFile } from "../merge/file.ts";
import type { ByteSource } from "../npy/_source.ts";
import { type ZipEntry, zipStart } from "./zip.ts";

const PART = 65536;

/** An entry, unpacked as it is read; its checksum is looked at behind its last byte. */
export async function entryBytes(path: string, entry: ZipEntry, open: OpenFiles): Promise<ByteSource> {
  const name = `${path}:${entry.name}`;
  if (entry.method !== 0 && entry.method !== 8) {
    throw new SyntaxError(
      `Cannot read "${name}": it is packed by method ${entry.method}; save it with numpy.savez or savez_compressed`,
    );
  }
  const file = new RunFile(path, open);
  await file.seek(await zipStart(path, entry));
  let left = entry.packed, sum = 0, done = 0;
  const packed = async (room: Uint8Array): Promise<number | null> => {
    if (left === 0) return null;
    const got = await file.read(room.subarray(0, Math.min(room.length, left)));
    if (got === null) throw new SyntaxError(`Cannot read "${name}": the archive was cut; copy it again`);
    left -= got;
    return got;
  };
  const inflated = entry.method === 8 ? inflate(name, packed) : undefined;
  return {
    name,
    size: entry.size,
    async read(room) {
      const got = await (inflated?.read ?? packed)(room);
      if (got === null && done < entry.size) {
        throw new SyntaxError(
          `Cannot read "${name}": its packed bytes are damaged, they end after ${done} of ${entry.size}; copy the archive again`,
        );
      }
      if (got !== null) {
        sum = crc32(room.subarray(0, got), sum);
        done += got;
        if (done === entry.size && sum !== entry.crc) {
          throw new SyntaxError(
            `Cannot read "${name}": its checksum is wrong, it is damaged; copy the archive again`,
          );
        }
      }
      return got;
    },
    close() {
      file.close();
      inflated?.close();
    },
  };
}

function inflate(
  name: string,
  packed: (room: Uint8Array) => Promise<number | null>,
): Pick<ByteSource, "read" | "close"> {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const part = new Uint8Array(PART);
      const got = await packed(part);
      if (got === null) controller.close();
      else controller.enqueue(part.subarray(0, got));
    },
  }, { highWaterMark: 0 });
  const reader = source.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let rest = new Uint8Array(0);
  return {
    async read(room) {
      while (rest.length === 0) {
        try {
          const { value, done } = await reader.read();
          if (done) return null;
          rest = value;
        } catch (cause) {
          if (cause instanceof SyntaxError) throw cause;
          throw new SyntaxError(
            `Cannot read "${name}": its packed bytes are damaged; copy the archive again`,
            { cause },
          );
        }
      }
      const got = Math.min(room.length, rest.length);
      room.set(rest.subarray(0, got));
      rest = rest.subarray(got);
      return got;
    },
    close: () => void reader.cancel().catch(() => {}), // nobody is left to be told
  };
}
