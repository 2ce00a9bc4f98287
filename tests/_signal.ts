// Signals to child processes that may have ended by then.

/** Send a signal to a child process, unless it is known to have ended; tells whether it was sent. */
export function signalIfRunning(child: Deno.ChildProcess, signal: Deno.Signal): boolean {
  try {
    child.kill(signal);
    return true;
  } catch (error) {
    // Deno throws the same class for a signal that it does not know.
    if (error instanceof TypeError && /already terminated/.test(error.message)) return false;
    if (error instanceof Deno.errors.NotFound) return false; // it ended, and Deno has not heard of it yet
    throw error;
  }
}

/**
 * Kill a child process, unless it has ended, and wait for its end; tells whether the kill was what ended it. A process
 * that ended by itself must have done so well.
 */
export async function killed(child: Deno.ChildProcess): Promise<boolean> {
  signalIfRunning(child, "SIGKILL");
  const { code, signal } = await child.status;
  if (signal === "SIGKILL") return true;
  if (code !== 0) throw new Error(`The process ended with ${signal ?? code} before it was killed`);
  return false;
}
