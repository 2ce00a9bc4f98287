/**
 * A task runner behind frames on a channel of its own.
 * @module
 */
import { encodeError } from "../task/error_data.ts";
import { decode } from "../transport/_decode.ts";
import { Encoder } from "../transport/_encode.ts";
import { headerBytes, writeHeader } from "../transport/_frame.ts";
import { type Allocate, FrameDecoder } from "../transport/_frame_decoder.ts";
import { blockBytes, checkTransfer, FrameType, moveBuffers } from "../transport/_process_frames.ts";
import { type HostMessage, Op } from "../transport/messages.ts";
import { Board, createTaskRunner } from "./task_runner.ts";

/** The pipes to the host. */
export interface ProcessChannel {
  /** Writes some of the bytes; gives how many. */
  writeSync(bytes: Uint8Array): number;
  /** Reads some bytes; gives how many, 0 at the end. */
  readSync(into: Uint8Array): number;
  /** Calls `then` with the number of bytes that were read, 0 at the end. */
  read(into: Uint8Array, then: (error: Error | null, count: number) => void): void;
}

/** Begins to serve the host; goes on for as long as it is there. */
export function serveHost(channel: ProcessChannel, allocate?: Allocate): void {
  const exit = Deno.exit;
  const encoder = new Encoder();

  function writeAll(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) {
        at += channel.writeSync(bytes.subarray(at, at + blockBytes));
      }
    } catch (error) {
      // The host reads no more: it is gone.
      console.error(`Cannot write to the host: ${(error as Error).message}`);
      exit(1);
    }
  }

  function write(type: number, value: unknown, transfer: readonly ArrayBuffer[]): void {
    checkTransfer(transfer);
    const { head, buffers } = encoder.encode(type, 0, value);
    const moved = moveBuffers(buffers, transfer);
    writeAll(head);
    for (const buffer of moved) writeAll(new Uint8Array(buffer));
  }

  const board = new Int32Array(16);
  const count = new DataView(new ArrayBuffer(headerBytes));
  /** Tells how many tasks have begun, so that those that haven't are not lost when one of them ends the process. */
  function tellBegun(begun: number): void {
    writeHeader(count, { type: FrameType.begun, id: begun, metaBytes: 0, buffers: 0, bufferBytes: 0 });
    writeAll(new Uint8Array(count.buffer));
  }
  const runner = createTaskRunner(
    (message, transfer) => write(FrameType.message, message, transfer),
    board,
    tellBegun,
  );

  // `process.exit` and `process.reallyExit` end in `Deno.exit`.
  Deno.exit = (code?: number): never => {
    runner.flush();
    write(FrameType.exit, `called Deno.exit(${code ?? ""})`, []);
    return exit(code);
  };
  globalThis.addEventListener("error", (event) => {
    runner.flush();
    write(FrameType.uncaught, encodeError(event.error), []);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    runner.flush();
    write(FrameType.uncaught, encodeError(event.reason), []);
  });

  const decoder = new FrameDecoder((frame) => {
    const message = decode(frame) as HostMessage;
    if (message[0] === Op.cancel) board[Board.cancels]! += 1;
    runner.receive(message);
  }, allocate && { allocate });
  const block = new Uint8Array(blockBytes);

  function readOn(error: Error | null, count: number): void {
    if (error) throw error;
    // The host closed the pipe, or died.
    if (count === 0) exit(0);
    decoder.push(block.subarray(0, count));
    // The rest of a large buffer is under way: it is read to its place.
    while (decoder.inBuffer) {
      const length = channel.readSync(decoder.target());
      if (length === 0) exit(0);
      decoder.advance(length);
    }
    channel.read(block, readOn);
  }

  write(FrameType.message, [Op.ready], []);
  channel.read(block, readOn);
}
