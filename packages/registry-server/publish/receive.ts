/**
 * Take an upload in: {@linkcode receive}.
 * @module
 */
import { createHash } from "node:crypto";
import type { Limits } from "../config/limits.ts";
import { Refusal } from "../http/refusal.ts";

/** The rest of the upload is not waited for. */
const CLOSE = { connection: "close" };

/** An upload on disk. */
export interface Received extends Disposable {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the upload, hexadecimal. */
  readonly sha256: string;
}

/**
 * Write an upload to a file as it comes, so that a slow client costs a file and no memory. Limits hold while it comes, whether or not its
 * length was announced.
 *
 * @param announced Content-Length, if there is one.
 * @throws {Refusal} When it is too large, too slow or ends early.
 */
export async function receive(
  body: ReadableStream<Uint8Array> | null,
  path: string,
  limits: Pick<Limits, "uploadBytes" | "uploadIdle" | "uploadTime">,
  announced?: number,
): Promise<Received> {
  const tooLarge = () =>
    new Refusal(
      413,
      "uploadTooLarge",
      `The upload has more than ${limits.uploadBytes} bytes; leave files out with "publish.exclude" in deno.json`,
      {},
      CLOSE,
    );
  if (announced !== undefined && announced > limits.uploadBytes) throw tooLarge();
  if (!body) {
    throw new Refusal(400, "emptyUpload", "The upload is empty; send the package as a gzipped tar archive");
  }
  const hash = createHash("sha256");
  const deadline = performance.now() + limits.uploadTime;
  let bytes = 0;
  const file = await Deno.open(path, { write: true, createNew: true });
  const reader = body.getReader();
  let complete = false;
  try {
    while (true) {
      const { done, value } = await withTimeout(
        reader.read(),
        Math.min(limits.uploadIdle, deadline - performance.now()),
      );
      if (done) break;
      bytes += value.length;
      if (bytes > limits.uploadBytes) throw tooLarge();
      hash.update(value);
      for (let at = 0; at < value.length;) at += await file.write(value.subarray(at));
    }
    complete = true;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(
      400,
      "uploadIncomplete",
      `The upload ended early: ${(error as Error).message}; try again`,
    );
  } finally {
    file.close();
    if (!complete) {
      // The rest is neither read nor cancelled: cancelling would have the server read it to its end, be that never.
      await Deno.remove(path);
    }
  }
  return { path, bytes, sha256: hash.digest("hex"), [Symbol.dispose]: () => Deno.removeSync(path) };
}

async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new Refusal(408, "uploadTooSlow", "The upload takes too long; try again on a better connection"),
    );
  }, Math.max(0, ms));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
