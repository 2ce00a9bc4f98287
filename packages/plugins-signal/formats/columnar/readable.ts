// Failures of the libraries that unpack files with tables.

/**
 * What a library makes of a file.
 *
 * @param row The row that is read.
 * @throws {SyntaxError} When it cannot: names the file and the row. Errors of ours, which name the file, go on as they are,
 * and syntax errors say themselves what is wrong.
 */
export async function readable<T>(path: string, row: number, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof Error) || cause.message.startsWith(`Cannot read "${path}"`)) throw cause;
    if (cause instanceof SyntaxError) {
      throw new SyntaxError(`Cannot read "${path}": ${cause.message}`, { cause });
    }
    throw new SyntaxError(
      `Cannot read "${path}" at row ${row}: ${cause.message}; it is cut, damaged or packed in a way that is not known`,
      { cause },
    );
  }
}
