// The bytes of a file in an archive, from front to back.
import { unpackEntry, type ZipEntry, zipStart } from "@millrace/core/zip";
import { type OpenFiles, RunFile } from "../merge/file.ts";
import type { ByteSource } from "../npy/_source.ts";

/** An entry, unpacked as it is read; its checksum is looked at behind its last byte. */
export async function entryBytes(path: string, entry: ZipEntry, open: OpenFiles): Promise<ByteSource> {
  const start = await zipStart(path, entry);
  const file = new RunFile(path, open);
  await file.seek(start);
  const { name, size, read, close } = unpackEntry(path, entry, (room) => file.read(room));
  return {
    name,
    size,
    read,
    close() {
      file.close();
      close();
    },
  };
}
