/**
 * The module that a sandbox starts with: it takes the pipes to its host for itself, loads what a plugin may import of
 * Millrace, gives up the right to do either again, and only then serves the host, who has it load the plugin.
 *
 * Arguments: a folder that is read in for that, then modules in it.
 *
 * @module
 */
import { inputDescriptor, outputDescriptor } from "../transport/_process_frames.ts";
import { markWorker } from "../worker/_inside.ts";
import { serveHost } from "../worker/_serve_host.ts";
import "./_inside.ts";

const [folder, ...modules] = Deno.args;
const inputPath = `/dev/fd/${inputDescriptor}`, outputPath = `/dev/fd/${outputDescriptor}`;
// These are not standard input and output, and nobody else in this process can open them.
const input = Deno.openSync(inputPath), output = Deno.openSync(outputPath, { write: true });
const writeSync = output.writeSync.bind(output);
const readSync = input.readSync.bind(input), read = input.read.bind(input);
await Promise.all(modules.map((module) => import(module)));
Deno.permissions.revokeSync({ name: "read", path: inputPath });
Deno.permissions.revokeSync({ name: "write", path: outputPath });
if (folder) Deno.permissions.revokeSync({ name: "read", path: folder });
markWorker();

serveHost({
  writeSync,
  readSync: (into) => readSync(into) ?? 0,
  read: (into, then) => {
    read(into).then((count) => then(null, count ?? 0), (error) => then(error, 0));
  },
});
