// What a plugin threw, as its host tells it: a permission that it lacks is a violation.

import { decodeError, type ErrorData } from "../task/error_data.ts";
import type { Grants } from "./types.ts";
import { type Limit, SandboxViolation } from "./violation.ts";

const DENIED = /Requires (read|write|net|env|run|ffi|sys|import) access(?: to "?(.*?)"?)?(?:, run again|$)/;
/** Code from elsewhere: its flag is in the message. */
const ELSEWHERE = /--no-remote|--no-npm/;

/** Colours, which Deno puts into errors. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");
/** Control characters but tab and end of line, and what turns text around. */
const UNSEEN = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Text of a plugin, without what would play with a terminal, and not longer than a reader takes. */
export function cleanText(text: string, most = 2000): string {
  const clean = text.replace(COLOUR, "").replace(UNSEEN, "\ufffd");
  return clean.length > most ? `${clean.slice(0, most)}...` : clean;
}

/** An error that a plugin threw: message and stack are its own words. */
export class PluginError extends Error {
  /** Class name there. */
  override readonly name: string;

  /** As it came, cleaned. */
  constructor(name: string, message: string, stack: string | undefined, options?: ErrorOptions) {
    super(cleanText(message), options);
    this.name = /^[A-Za-z_$][\w$]{0,63}$/.test(name) ? name : "Error";
    if (stack !== undefined) this.stack = cleanText(stack, 8000);
  }
}

/** What a plugin threw, for its host. */
export function refusalOf(
  plugin: string,
  data: ErrorData,
  grants: Required<Grants>,
  range: readonly [bigint, bigint] | undefined,
): Error {
  let error: unknown;
  try {
    error = decodeError(data);
  } catch (cause) {
    return new SandboxViolation({
      plugin,
      limit: "protocol",
      value: "threw what is no error",
      allowed: `${cause}`,
      range,
    });
  }
  // The engine names the failed plugin around it.
  while (error instanceof Error && error.name === "PluginFailure" && error.cause !== undefined) {
    error = error.cause;
  }
  if (!(error instanceof Error)) {
    return new PluginError("Error", `It threw ${cleanText(Deno.inspect(error))}`, undefined);
  }
  const said = new PluginError(
    String(error.name),
    String(error.message),
    error.stack === undefined ? undefined : String(error.stack),
  );
  return deniedOf(plugin, said, grants, range) ?? said;
}

function deniedOf(
  plugin: string,
  error: PluginError,
  grants: Required<Grants>,
  range: readonly [bigint, bigint] | undefined,
): SandboxViolation | undefined {
  const { message } = error;
  const match = DENIED.exec(message);
  const violation = (limit: Limit, value: string, allowed: string, manifestLine?: string) =>
    new SandboxViolation({ plugin, limit, value, allowed, range, manifestLine }, { cause: error });
  if (match) {
    const kind = match[1] as Limit, what = match[2] ?? "anything";
    if (kind === "net" || kind === "read" || kind === "write" || kind === "env") {
      const allowed = grants[kind].length === 0
        ? "nothing is allowed"
        : `${grants[kind].join(", ")} are allowed`;
      return violation(
        kind,
        `"${what}"`,
        allowed,
        JSON.stringify({ name: kind, value: what, reason: "..." }),
      );
    }
    return violation(kind, `"${what}"`, "no plugin in a sandbox has that");
  }
  if (ELSEWHERE.test(message)) {
    return violation("import", cleanText(message, 300), "no plugin in a sandbox loads code from elsewhere");
  }
  return undefined;
}
