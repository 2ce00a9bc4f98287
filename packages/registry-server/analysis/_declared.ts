// Plugins as the code declares them, read from literals.

import type { Declared } from "./facts.ts";
import { bare, child, keyOf, list, literal, type Node, optional } from "./_node.ts";

const FUNCTIONS = /^define\w*Plugin$|^define\w*Source$|^tableSource$/;
const CLASSES = /Plugin$/;

function strings(node: Node | undefined): readonly string[] | undefined {
  const value = bare(node);
  const single = literal(value);
  if (single !== undefined) return [single];
  if (value?.type !== "ArrayExpression") return undefined;
  const parts = list(value, "elements").map((part) => literal(bare(part)));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** Key and value of each property, unless something is computed or spread. */
function fields(node: Node | undefined): Map<string, Node | undefined> | undefined {
  if (node?.type !== "ObjectExpression") return undefined;
  const found = new Map<string, Node | undefined>();
  for (const property of list(node, "properties")) {
    const key = property.type === "SpreadElement" ? undefined : keyOf(property);
    if (key === undefined) return undefined;
    found.set(key, optional(property, "value"));
  }
  return found;
}

function columns(node: Node | undefined): Readonly<Record<string, string>> | undefined {
  let value = bare(node);
  if (value?.type === "CallExpression") value = bare(list(value, "arguments")[0]);
  const found = fields(value);
  if (!found) return undefined;
  const entries = [...found].map(([name, type]) => [name, literal(bare(type))] as const);
  return entries.every(([, type]) => type !== undefined)
    ? Object.fromEntries(entries as [string, string][])
    : undefined;
}

function declaredBy(
  by: string,
  parts: ReadonlyMap<string, Node | undefined>,
  complete: boolean,
): Declared {
  const options = parts.get("options");
  return {
    by,
    provides: strings(parts.get("provides")),
    dependsOn: parts.has("dependsOn") || !complete ? strings(parts.get("dependsOn")) : [],
    options: parts.has("options") ? [...fields(bare(options))?.keys() ?? []] : complete ? [] : undefined,
    schema: columns(parts.get("schema")),
  };
}

/** What the value of a variable declares, if it is a plugin made by a function. */
export function declaredByCall(value: Node | undefined): Declared | undefined {
  const call = bare(value);
  if (call?.type !== "CallExpression") return undefined;
  const callee = child(call, "callee");
  const name = callee.type === "Identifier"
    ? callee.name as string
    : callee.type === "MemberExpression"
    ? (optional(callee, "property")?.name as string ?? "")
    : "";
  if (!FUNCTIONS.test(name)) return undefined;
  const given = fields(bare(list(call, "arguments")[0]));
  return declaredBy(name, given ?? new Map(), given !== undefined);
}

/** What a class declares, if its base is a plugin class. */
export function declaredByClass(node: Node): Declared | undefined {
  const base = optional(node, "superClass")?.name;
  if (typeof base !== "string" || !CLASSES.test(base)) return undefined;
  const members = new Map<string, Node | undefined>();
  for (const member of list(optional(node, "body"), "body")) {
    const key = member.type === "ClassProperty" && !member.static ? keyOf(member) : undefined;
    if (key !== undefined) members.set(key, optional(member, "value"));
  }
  return declaredBy(base, members, false);
}
