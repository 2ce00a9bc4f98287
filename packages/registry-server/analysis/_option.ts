// An option of a plugin, read from literals.

import type { DeclaredOption } from "./facts.ts";
import { bare, child, fields, list, literal, type Node, optional } from "./_node.ts";

const UNKNOWN: DeclaredOption = { kind: undefined, settings: {}, computed: undefined, choices: undefined };

/** What `option.number({ ... })` and the like say. */
export function declaredOption(node: Node | undefined): DeclaredOption {
  const call = bare(node);
  if (call?.type !== "CallExpression") return UNKNOWN;
  const callee = child(call, "callee");
  if (callee.type !== "MemberExpression" || callee.computed || child(callee, "object").name !== "option") {
    return UNKNOWN;
  }
  const kind = child(callee, "property").name as string;
  const given = list(call, "arguments");
  const choices = kind === "choice" ? valueOf(given[0]) : undefined;
  const found = fields(bare(given[kind === "choice" ? 1 : 0]));
  const values = [...found ?? []].map(([name, value]) => [name, valueOf(value)] as const);
  return {
    kind,
    settings: Object.fromEntries(values.filter(([, value]) => value !== undefined)),
    computed: found && values.filter(([, value]) => value === undefined).map(([name]) => name),
    choices: Array.isArray(choices) && choices.every((choice) => typeof choice === "string")
      ? choices
      : undefined,
  };
}

/** The value of a literal, or a list of those; undefined of anything else. */
function valueOf(node: Node | undefined): unknown {
  const value = bare(node);
  switch (value?.type) {
    case "NumericLiteral":
    case "BooleanLiteral":
      return value.value;
    case "NullLiteral":
      return null;
    case "UnaryExpression": {
      const number = valueOf(optional(value, "argument"));
      return value.operator === "-" && typeof number === "number" ? -number : undefined;
    }
    case "ArrayExpression": {
      const parts = list(value, "elements").map((part) => part === null ? undefined : valueOf(part));
      return parts.includes(undefined) ? undefined : parts;
    }
    default:
      return literal(value);
  }
}
