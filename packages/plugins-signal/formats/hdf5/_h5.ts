// The HDF5 library, which is loaded with the first file, and its files.
import type { Dataset, File, Group } from "h5wasm/node";
import { resolve } from "node:path";
import { openError } from "../merge/file.ts";

export type { Dataset, File, Group };

type Library = typeof import("h5wasm/node");
let loaded: Promise<Library> | undefined;

/** The library. @throws {Deno.errors.NotCapable} Without the permission to read the environment, which it asks for. */
export async function library(): Promise<Library> {
  loaded ??= (async () => {
    const h5 = await import("h5wasm/node");
    (await h5.ready).activate_throwing_error_handler(); // else it prints errors
    return h5;
  })();
  try {
    return await loaded;
  } catch (cause) {
    loaded = undefined;
    if (cause instanceof Deno.errors.NotCapable) {
      throw new Deno.errors.NotCapable(
        `Cannot load the HDF5 library: ${
          cause.message.split(",")[0]
        }; run it with --allow-env, or save the traces as .npy`,
        { cause },
      );
    }
    throw cause;
  }
}

/** Open a file to be read. @throws {SyntaxError} On one that is cut, damaged or no HDF5. */
export async function openH5(path: string): Promise<File> {
  const h5 = await library();
  try {
    await Deno.stat(path);
  } catch (cause) {
    throw openError(path, cause);
  }
  let file: File | undefined, cause: unknown;
  try {
    file = new h5.File(resolve(path), "r");
  } catch (error) {
    cause = error;
  }
  if (!file || file.file_id < 0n) {
    throw new SyntaxError(
      `Cannot read "${path}": the HDF5 library cannot open it, it is cut or damaged; copy it again (${
        reason(cause)
      })`,
    );
  }
  return file;
}

/** The last line of what the library says: where it began. */
export function reason(cause: unknown): string {
  const lines = String(cause instanceof Error ? cause.message : cause).trim().split("\n");
  return (lines.findLast((line) => /: \w/.test(line)) ?? lines.at(-1)!).trim().slice(0, 200);
}

/** Whether an entry of a group is a data set. */
export function isDataset(entry: unknown): entry is Dataset {
  return (entry as { type?: string } | null)?.type === "Dataset";
}

/** Whether an entry of a group is a group. */
export function isGroup(entry: unknown): entry is Group {
  return (entry as { type?: string } | null)?.type === "Group";
}
