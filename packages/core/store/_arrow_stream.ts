// Arrow IPC streams, checked before another reader believes them.
import { lengthOf, type ReadBytes, SMALLEST } from "./_arrow_batch.ts";
import { checkMessage, type Columns, KIND } from "./_arrow_check.ts";

/** Bytes of the mark and the length in front of a message. */
const HEAD = 8;

/**
 * Check all of an Arrow IPC stream that says where its rows lie and how many there are, as `checkArrowFile` does of a file. Bytes of the
 * rows are not looked at. O(messages, and the bytes that describe them).
 *
 * @param read Gives bytes of the stream from a place on.
 * @param size Bytes of the stream.
 * @throws {SyntaxError} When it is cut off or damaged; says where and what is wrong, the name of the file is the caller's to add.
 */
export async function checkArrowStream(read: ReadBytes, size: number): Promise<void> {
  let columns: Columns | undefined;
  for (let at = 0; at < size;) {
    const fail = (what: string, cause?: unknown): never => {
      throw new SyntaxError(`at byte ${at} of the stream ${what}`, { cause });
    };
    const head = new Uint8Array(HEAD);
    head.set(await read(at, Math.min(HEAD, size - at)));
    const [from, length] = lengthOf(head), begin = at + from, end = begin + length;
    if (length === 0 && columns && begin <= size) { // the mark of the end
      if (begin < size) fail(`it ends, but ${size - begin} bytes lie behind`);
      return;
    }
    if (!(length >= SMALLEST && end <= size)) {
      fail(`a message of ${length} bytes begins, but ${size - begin} are left: it is cut or damaged`);
    }
    const bytes = await read(begin, length);
    const { kind, body, columns: described } = (() => {
      try {
        return checkMessage(bytes, columns);
      } catch (cause) {
        return fail((cause as Error).message, cause);
      }
    })();
    if ((kind === KIND.schema) !== (columns === undefined)) {
      fail(
        columns ? "its columns are described twice" : "it does not start with a description of its columns",
      );
    }
    if (end + body > size) {
      fail(`a batch of ${body} bytes begins, but ${size - end} are left: it is cut or damaged`);
    }
    columns ??= described;
    at = end + body;
  }
  if (!columns) throw new SyntaxError("it has no description of its columns");
}
