/**
 * The module that a worker process starts with: a task runner behind frames on two pipes of their own. Standard input
 * is empty and standard output goes where standard error goes, for this process and all that it starts, so that nothing
 * a task prints can get among the frames.
 *
 * @module
 */
import { read, readSync, writeSync } from "node:fs";
import { inputDescriptor, outputDescriptor } from "../transport/_process_frames.ts";
import { markWorker } from "./_inside.ts";
import { serveHost } from "./_serve_host.ts";

markWorker();

serveHost({
  writeSync: (bytes) => writeSync(outputDescriptor, bytes),
  readSync: (into) => readSync(inputDescriptor, into, 0, into.length, null),
  read: (into, then) => read(inputDescriptor, into, 0, into.length, null, then),
});
