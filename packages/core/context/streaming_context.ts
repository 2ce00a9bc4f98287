/**
 * A context for the streams of one run.
 * @module
 */
import type { Chunk } from "../chunk/chunk.ts";
import { mergeStreams } from "../chunk/merge_streams.ts";
import type { SelectOptions } from "../select/select_chunks.ts";
import type { Context, LoadOptions, RunOptions, TimeRangeInput } from "./context.ts";
import { DataStream, sameRequest, type StreamRequest } from "./stream.ts";

/** How streams run. */
export interface StreamingConfig {
  /** Rows a chunk, over what plugins say; `"auto"`: found out on the way. */
  readonly chunkSize?: number | "auto";
  /** Compute several chunks at once, where the context has an executor that can. */
  readonly parallel?: boolean;
  /** Name of an executor preset, or its settings. Takes effect with an executor. */
  readonly executorConfig?: string | Readonly<Record<string, unknown>>;
  /** Wanted kind of executor. Takes effect with an executor. */
  readonly executorType?: "inline" | "thread" | "process";
  /** Most workers. Takes effect with an executor. */
  readonly maxWorkers?: number;
  /** Scale workers with the load. Takes effect with an executor. */
  readonly useLoadBalancer?: boolean;
  /** Longer stretches without rows reset state: sets the option of every stateful plugin, ps. */
  readonly breakThresholdPs?: number;
}

/** Which part of a stream. */
export interface StreamOptions extends SelectOptions, Pick<LoadOptions, "rechunk"> {
  /** Only rows that start in `[start, end)`, ps. */
  readonly timeRange?: TimeRangeInput;
  /** Ends the run. */
  readonly signal?: AbortSignal;
}

/** Settings of {@linkcode getStreamingContext}. */
export interface StreamingContextOptions extends StreamingConfig {
  /** The same settings in one object; what stands beside it wins. */
  readonly streamingConfig?: StreamingConfig;
}

const KNOWN = [
  "chunkSize",
  "parallel",
  "executorConfig",
  "executorType",
  "maxWorkers",
  "useLoadBalancer",
  "breakThresholdPs",
];

/** Streams of one run. Make it with {@linkcode getStreamingContext}. */
export class StreamingContext {
  /** The context. */
  readonly context: Context;
  /** Name of the run. */
  readonly runId: string;
  /** Settings. */
  readonly config: StreamingConfig;

  /**
   * Settings for the streams of one run.
   *
   * @throws {TypeError} On a setting that there is not.
   */
  constructor(context: Context, runId: string, options: StreamingContextOptions = {}) {
    const { streamingConfig, ...own } = options;
    this.context = context;
    this.runId = runId;
    const config: Record<string, unknown> = { ...streamingConfig, ...own };
    for (const name of Object.keys(config)) {
      if (!KNOWN.includes(name)) {
        throw new TypeError(`Unknown streaming setting "${name}": there are ${KNOWN.join(", ")}`);
      }
    }
    this.config = config;
    checkSettings(this.config);
  }

  /** The chunks of a data type, or of several of one kind side by side: all, or those of a time range and the rows chosen. */
  getStream(dataType: string | readonly string[], options: StreamOptions = {}): DataStream {
    return this.context.getStream(this.runId, dataType, { ...options, ...this.#runOptions() });
  }

  // Settings hold for these streams alone: the context and its other streams keep theirs.
  #runOptions(): RunOptions {
    const { chunkSize, parallel, maxWorkers, breakThresholdPs } = this.config;
    const { executorType, executorConfig, useLoadBalancer } = this.config;
    const stateful = [...this.context.providers.values()].some((plugin) => plugin.stateful);
    return {
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(parallel === undefined ? {} : { parallel }),
      ...(maxWorkers === undefined ? {} : { maxWorkers }),
      ...(executorType === undefined ? {} : { executorType }),
      ...(executorConfig === undefined ? {} : { executorConfig }),
      ...(useLoadBalancer === undefined ? {} : { useLoadBalancer }),
      ...(breakThresholdPs !== undefined && stateful ? { config: { breakThresholdPs } } : {}),
    };
  }

  /** The same as {@linkcode StreamingContext.getStream}. */
  iterChunks(dataType: string | readonly string[], options: StreamOptions = {}): DataStream {
    return this.getStream(dataType, options);
  }

  /**
   * Streams of one schema as one. Sorted (default): rows of all in their total order, merged while they are read, in
   * memory that is bounded by the chunks' sizes. Unsorted: the chunks of one stream after those of the other.
   */
  mergeStream(
    streams: readonly AsyncIterable<Chunk>[],
    options: { readonly sort?: boolean } = {},
  ): DataStream {
    const { sort = true } = options;
    const name = streams.map((stream) => stream instanceof DataStream ? stream.dataType : "stream").join("+");
    if (!sort) return new DataStream(name, () => oneByOne(streams));
    const request = commonRequest(streams);
    if (!request) return new DataStream(name, () => mergeStreams(streams) as AsyncGenerator<Chunk>);
    const { context, runId, options: run } = request;
    const types = streams.map((stream) => (stream as DataStream).dataType);
    return new DataStream(
      name,
      () => (context as Context).joinStreams(runId, types, (parts) => mergeStreams(parts), run),
    );
  }
}

/** What different streams of one run that are read in the same way have in common: they can be computed together. */
function commonRequest(streams: readonly AsyncIterable<Chunk>[]): StreamRequest | undefined {
  const [first] = streams;
  if (!(first instanceof DataStream)) return undefined;
  const types = new Set<string>();
  for (const stream of streams) {
    if (!(stream instanceof DataStream) || !sameRequest(stream.request, first.request)) return undefined;
    types.add(stream.dataType);
  }
  return types.size === streams.length ? first.request : undefined;
}

async function* oneByOne(streams: readonly AsyncIterable<Chunk>[]): AsyncGenerator<Chunk> {
  for (const stream of streams) yield* stream;
}

/** @throws {TypeError} On a setting of another type. @throws {RangeError} On one that is not allowed. */
function checkSettings(config: StreamingConfig): void {
  const fail = (name: string, wanted: string): never => {
    const value = JSON.stringify(config[name as keyof StreamingConfig]);
    throw new RangeError(`The streaming setting "${name}" must be ${wanted}: received ${value}`);
  };
  for (const name of ["chunkSize", "maxWorkers"] as const) {
    const value = config[name];
    if (value === undefined || (name === "chunkSize" && value === "auto")) continue;
    if (!(Number.isInteger(value) && Number(value) > 0)) fail(name, "a whole number above 0");
  }
  for (const name of ["parallel", "useLoadBalancer"] as const) {
    if (config[name] !== undefined && typeof config[name] !== "boolean") fail(name, "true or false");
  }
  const { executorType, executorConfig, breakThresholdPs } = config;
  const types = ["inline", "thread", "process"];
  if (executorType !== undefined && !types.includes(executorType)) {
    fail("executorType", `one of ${types.join(", ")}`);
  }
  if (
    executorConfig !== undefined && typeof executorConfig !== "object" &&
    (typeof executorConfig !== "string" || executorConfig === "")
  ) {
    fail("executorConfig", "the name of a preset or an object of settings");
  }
  if (breakThresholdPs !== undefined && !(Number.isSafeInteger(breakThresholdPs) && breakThresholdPs >= 0)) {
    fail("breakThresholdPs", "a whole number of picoseconds");
  }
}

/** Streams of one run, with settings for how they are computed. */
export function getStreamingContext(
  context: Context,
  runId: string,
  options: StreamingContextOptions = {},
): StreamingContext {
  return new StreamingContext(context, runId, options);
}
