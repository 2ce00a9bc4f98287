/**
 * The module that a sandbox starts with: it takes the pipes and files between it and its host for itself, loads what a plugin may import of
 * Millrace, gives up the right to do either again, and only then serves the host, who has it load the plugin.
 *
 * Arguments: the files that tables come and go in, a folder that is read in before, then modules in it.
 *
 * @module
 */
import { inputDescriptor, outputDescriptor } from "../transport/_process_frames.ts";
import { markWorker } from "../worker/_inside.ts";
import { serveHost } from "../worker/_serve_host.ts";
import { BulkReader, BulkWriter } from "./_bulk.ts";
import { useFiles } from "./_inside.ts";

const [inputFile, outputFile, folder, ...modules] = Deno.args as [string, string, string, ...string[]];

/** A file that is opened for this module alone: nobody can open it again. */
function own(path: string, name: "read" | "write"): Deno.FsFile {
  const file = Deno.openSync(path, { [name]: true });
  Deno.permissions.revokeSync({ name, path });
  return file;
}

// These are not standard input and output: nothing a plugin prints can get among the messages.
const input = own(`/dev/fd/${inputDescriptor}`, "read");
const output = own(`/dev/fd/${outputDescriptor}`, "write");
const writeSync = output.writeSync.bind(output);
const readSync = input.readSync.bind(input), read = input.read.bind(input);
useFiles(new BulkReader(own(inputFile, "read")), new BulkWriter(own(outputFile, "write")));
await Promise.all(modules.map((module) => import(module)));
Deno.permissions.revokeSync({ name: "read", path: folder });
markWorker();

serveHost({
  writeSync,
  readSync: (into) => readSync(into) ?? 0,
  read: (into, then) => {
    read(into).then((count) => then(null, count ?? 0), (error) => then(error, 0));
  },
});
