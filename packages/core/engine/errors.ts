/**
 * Errors that a run ends with.
 * @module
 */

import { stretchText } from "./_time_text.ts";

/** Where in a run something failed. */
export interface PipelineErrorInfo {
  /** Name of the plugin. */
  readonly plugin: string;
  /** URL of its module, where it named one. */
  readonly module: string | undefined;
  /** Name of the run. */
  readonly runId: string;
  /** How many stretches the plugin had been given before. */
  readonly chunkIndex: number;
  /** Start of the stretch, ps; of a source that failed at its very start, undefined. */
  readonly start: bigint | undefined;
  /** End of the stretch, ps; undefined where it is not known yet. */
  readonly end: bigint | undefined;
  /** It was not computed: its stored result was read. */
  readonly stored?: true;
}

/** A plugin failed: says which, where in the run, and why (`cause`). */
export class PipelineError extends Error {
  /** Error name. */
  override readonly name = "PipelineError";
  /** Name of the plugin. */
  readonly plugin: string;
  /** URL of its module. */
  readonly module: string | undefined;
  /** Name of the run. */
  readonly runId: string;
  /** How many stretches the plugin had been given before. */
  readonly chunkIndex: number;
  /** Start of the stretch, ps. */
  readonly start: bigint | undefined;
  /** End of the stretch, ps. */
  readonly end: bigint | undefined;

  /**
   * What failed where, and why.
   *
   * @param cause What the plugin threw.
   */
  constructor(info: PipelineErrorInfo, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const where = info.start === undefined
      ? ""
      : ` in chunk ${info.chunkIndex} ${stretchText(info.start, info.end)}`;
    const what = info.stored ? `Reading the stored "${info.plugin}"` : `Plugin "${info.plugin}"`;
    super(
      `${what} failed${where} ${info.start === undefined ? "in" : "of"} run "${info.runId}": ${why}`,
      { cause },
    );
    this.plugin = info.plugin;
    this.module = info.module;
    this.runId = info.runId;
    this.chunkIndex = info.chunkIndex;
    this.start = info.start;
    this.end = info.end;
  }
}
