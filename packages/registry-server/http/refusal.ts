/**
 * What a client is told when it may not have what it asks for: {@linkcode Refusal}.
 * @module
 */

/** Thrown wherever a request is refused; the server answers with its status and `{ code, message, ...extra }`. */
export class Refusal extends Error {
  /** Error name. */
  override readonly name: string = "Refusal";

  /**
   * A refusal.
   *
   * @param status HTTP status.
   * @param code Name of the reason, for programs.
   * @param message The reason for people: what is wrong and what to change.
   * @param extra More fields of the answer.
   * @param headers More headers of the answer.
   */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}
