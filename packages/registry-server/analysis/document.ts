/**
 * Documentation of a module from its text: {@linkcode documentModule}.
 * @module
 */
import { parseModule } from "./analyse.ts";
import { list, type Node, optional } from "./_node.ts";

/** A declaration at the top level of a module. */
export interface Documented {
  /** What is declared. */
  readonly kind: "function" | "class" | "interface" | "type" | "variable" | "enum" | "namespace";
  /** As written, without bodies. */
  readonly signature: string;
  /** Text of its doc comment; empty without one. */
  readonly doc: string;
  /** Line, from 1. */
  readonly line: number;
  /** Public members of a class. */
  readonly members: readonly { readonly signature: string; readonly doc: string }[];
}

/** Documentation of a module. */
export interface ModuleDocs {
  /** Text of the comment with `@module`; empty without one. */
  readonly doc: string;
  /** By local name, overloads in order; a default export without a name is `default`. */
  readonly declarations: Readonly<Record<string, readonly Documented[]>>;
}

const KINDS: Readonly<Record<string, Documented["kind"]>> = {
  FunctionDeclaration: "function",
  TSDeclareFunction: "function",
  ClassDeclaration: "class",
  TSInterfaceDeclaration: "interface",
  TSTypeAliasDeclaration: "type",
  TSEnumDeclaration: "enum",
  TSModuleDeclaration: "namespace",
};

/**
 * Documentation of a module; of text that cannot be read there is none.
 *
 * ```ts
 * import { documentModule } from "./document.ts";
 * import assert from "node:assert/strict";
 *
 * const { declarations } = documentModule("/mod.ts", "/** Adds. *\/ export function add(a: number): number { return a; }");
 * assert.equal(declarations.add?.[0]?.signature, "function add(a: number): number");
 * assert.equal(declarations.add?.[0]?.doc, "Adds.");
 * ```
 */
export function documentModule(path: string, text: string): ModuleDocs {
  let program: Node;
  try {
    program = parseModule(path, text, true).program;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return { doc: "", declarations: {} };
    throw error;
  }
  const body = list(program, "body");
  const declarations: Record<string, Documented[]> = {};
  for (const statement of body) {
    const declared = optional(statement, "declaration") ?? statement;
    for (const [name, documented] of declarationsOf(declared, text, docOf(statement))) {
      if (!Object.hasOwn(declarations, name)) declarations[name] = [];
      declarations[name]!.push(documented);
    }
  }
  const comments = [...list(body[0], "leadingComments"), ...list(program, "innerComments")];
  const module = comments.map(docText).find((doc) => /^@module\b/m.test(doc)) ?? "";
  return { doc: module.replace(/^@module\b.*$/m, "").trim(), declarations };
}

function declarationsOf(node: Node, text: string, doc: string): [string, Documented][] {
  const { line } = node.loc.start;
  if (node.type === "VariableDeclaration") {
    return list(node, "declarations").filter((each) => optional(each, "id")?.type === "Identifier").map(
      (each) => {
        const id = optional(each, "id")!;
        const signature = `${node.kind as string} ${text.slice(id.start, id.end)}`;
        return [id.name as string, { kind: "variable", signature, doc, line, members: [] }];
      },
    );
  }
  const kind = KINDS[node.type];
  if (!kind) return [];
  const body = optional(node, "body");
  const members = kind === "class" ? membersOf(body, text) : [];
  const cut = kind === "function" || kind === "class" || kind === "namespace" ? body?.start : undefined;
  const signature = text.slice(node.start, cut ?? node.end).trim().replace(/;$/, "");
  return [[optional(node, "id")?.name as string ?? "default", { kind, signature, doc, line, members }]];
}

function membersOf(body: Node | undefined, text: string): Documented["members"] {
  return list(body, "body")
    .filter((member) => !/Private/.test(member.type) && optional(member, "key")?.type !== "PrivateName")
    .filter(({ type, accessibility }) => type !== "StaticBlock" && accessibility !== "private")
    .map((member) => {
      // A method ends where its body begins, a property where its value does.
      const end = optional(member, "body")?.start ?? optional(member, "value")?.start ?? member.end;
      const signature = text.slice(member.start, end).trim().replace(/\s*[=;]$/, "");
      return { signature, doc: docOf(member) };
    });
}

/** The last doc comment before a node. */
function docOf(node: Node): string {
  const docs = list(node, "leadingComments").map(docText).filter((doc) =>
    doc !== "" && !/^@module\b/m.test(doc)
  );
  return docs.at(-1) ?? "";
}

function docText(comment: Node): string {
  const value = comment.value as string;
  if (comment.type !== "CommentBlock" || !value.startsWith("*")) return "";
  return value.slice(1).split("\n").map((line) => line.replace(/^\s*\* ?/, "")).join("\n").trim();
}
