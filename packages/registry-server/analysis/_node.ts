// The little that is used of a syntax tree.

/** A node of the tree. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: { readonly line: number; readonly column: number } };
  readonly [field: string]: unknown;
}

/** A child that the grammar promises. */
export const child = (node: Node, field: string): Node => node[field] as Node;

/** A child that may be missing. */
export const optional = (node: Node | undefined, field: string): Node | undefined =>
  (node?.[field] ?? undefined) as Node | undefined;

/** Children in a list. */
export const list = (node: Node | undefined, field: string): readonly Node[] =>
  (node?.[field] ?? []) as readonly Node[];

/** Visit all nodes; not recursive, for deep nesting is cheap to write and must not use up the stack. */
export function visit(root: Node, see: (node: Node) => void): void {
  const pending: Node[] = [root];
  for (let node = pending.pop(); node; node = pending.pop()) {
    see(node);
    for (const [field, value] of Object.entries(node)) {
      if (field === "loc" || typeof value !== "object" || value === null) continue;
      for (const part of Array.isArray(value) ? value : [value]) {
        if (typeof part?.type === "string" && typeof part.start === "number") pending.push(part);
      }
    }
  }
}

/** The text of a string literal, or of a template without a hole. */
export function literal(node: Node | undefined): string | undefined {
  if (node?.type === "StringLiteral") return node.value as string;
  if (node?.type === "TemplateLiteral" && list(node, "expressions").length === 0) {
    return (list(node, "quasis")[0]!.value as { cooked: string | null }).cooked ?? undefined;
  }
  return undefined;
}

/** The expression inside `as`, `satisfies` and `!`. */
export function bare(node: Node | undefined): Node | undefined {
  while (node && /^(TSAsExpression|TSSatisfiesExpression|TSNonNullExpression)$/.test(node.type)) {
    node = optional(node, "expression");
  }
  return node;
}

/** The key of a property or class member, where it is not computed. */
export function keyOf(node: Node): string | undefined {
  if (node.computed) return undefined;
  const key = optional(node, "key");
  return key?.type === "Identifier" ? key.name as string : literal(key);
}

/** Key and value of each property, unless something is computed or spread. */
export function fields(node: Node | undefined): Map<string, Node | undefined> | undefined {
  if (node?.type !== "ObjectExpression") return undefined;
  const found = new Map<string, Node | undefined>();
  for (const property of list(node, "properties")) {
    const key = property.type === "SpreadElement" ? undefined : keyOf(property);
    if (key === undefined) return undefined;
    found.set(key, optional(property, "value"));
  }
  return found;
}
