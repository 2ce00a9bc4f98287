// Memory of another process.

/** Bytes of a page, where /proc is. */
let pageBytes: number | undefined;

/** Resident memory of a process in bytes; undefined where the system doesn't tell, or may not be asked. */
export function residentMemory(pid: number): number | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const [, resident] = Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ");
    pageBytes ??= pageSize();
    return Number(resident) * pageBytes;
  } catch (error) {
    // The process may be gone by now; /proc needs --allow-all.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** The same number in pages and in KiB gives the size of a page, which is 4, 16 or 64 KiB. */
function pageSize(): number {
  const [, pages] = Deno.readTextFileSync("/proc/self/statm").split(" ");
  const kib = /VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))![1];
  return 2 ** Math.round(Math.log2(Number(kib) * 1024 / Number(pages)));
}
