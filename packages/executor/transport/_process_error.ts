// How a process ended, as an error.

/** A worker process has ended by itself. */
export class ProcessError extends Error {
  /** Class name. */
  override readonly name: string = "ProcessError";
  /** The end of what it wrote to standard error (and output). */
  readonly stderr: string;

  /** `how` as half a sentence: `was killed by SIGKILL`. */
  constructor(worker: number, how: string, stderr: string, options?: ErrorOptions) {
    const tail = stderr.trimEnd();
    super(`Process of worker ${worker} ${how}${tail === "" ? "" : `; it last wrote:\n${tail}`}`, options);
    this.stderr = stderr;
  }
}
