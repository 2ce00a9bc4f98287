// Plugins as the code declares them, read from literals.

import type { Declared } from "./facts.ts";
import { bare, child, fields, keyOf, list, literal, type Node, optional } from "./_node.ts";
import { declaredOption } from "./_option.ts";

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

/** Columns by data type: of several outputs each has its own. */
function schemas(
  provides: readonly string[] | undefined,
  node: Node | undefined,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  if (provides === undefined) return {};
  const found = provides.length === 1
    ? [[provides[0]!, columns(node)] as const]
    : [...fields(bare(node)) ?? []].map(([type, value]) => [type, columns(value)] as const);
  return Object.fromEntries(
    found.filter((entry): entry is [string, Record<string, string>] => entry[1] !== undefined),
  );
}

/** Options by name, unless some are computed or spread. */
function options(node: Node | undefined): Declared["options"] {
  const found = fields(bare(node));
  return found && Object.fromEntries([...found].map(([name, value]) => [name, declaredOption(value)]));
}

function declaredBy(
  by: string,
  parts: ReadonlyMap<string, Node | undefined>,
  complete: boolean,
): Declared {
  const provides = strings(parts.get("provides"));
  return {
    by,
    provides,
    dependsOn: parts.has("dependsOn") || !complete ? strings(parts.get("dependsOn")) : [],
    options: parts.has("options") ? options(parts.get("options")) : complete ? {} : undefined,
    schema: schemas(provides, parts.get("schema")),
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
