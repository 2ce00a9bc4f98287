/**
 * What keeps a package from being published: {@linkcode problemsOf}.
 * @module
 */
import { PACKAGE_RULES } from "./all.ts";
import type { Candidate } from "./rule.ts";

/** A place where a package breaks a rule. */
export interface Problem {
  /** Name of the reason, for programs. */
  readonly code: string;
  /** What is wrong, where, and what to change. */
  readonly message: string;
}

/** All places where a package breaks a rule, in the order of the rules. */
export function problemsOf(candidate: Candidate): Problem[] {
  return PACKAGE_RULES.flatMap(({ code, refuse }) =>
    [...refuse(candidate)].map((message) => ({ code, message }))
  );
}
