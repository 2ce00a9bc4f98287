/**
 * Read a module's text: {@linkcode analyse}.
 * @module
 */
import { parse, type ParserOptions } from "@babel/parser";
import type { Declared, Exported, Import, ModuleFacts } from "./facts.ts";
import { child, list, literal, type Node, optional, visit } from "./_node.ts";
import { commentImports } from "./_comments.ts";
import { declaredByCall, declaredByClass } from "./_declared.ts";

/** Whether a file holds code that can be read. */
export function isModule(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path);
}

function options(path: string, attachComment: boolean): ParserOptions {
  const typescript = /\.[cm]?tsx?$/.test(path);
  const plugins: NonNullable<ParserOptions["plugins"]> = [
    "deferredImportEvaluation",
    "sourcePhaseImports",
    "decoratorAutoAccessors",
    "decorators",
  ];
  if (typescript) plugins.push(["typescript", { dts: /\.d\.[cm]?ts$/.test(path) }]);
  if (/\.[cm]?[jt]sx$|\.js$/.test(path)) plugins.push("jsx");
  return { sourceType: "module", plugins, attachComment };
}

/** The syntax tree of a module. @throws {SyntaxError} When it has none. @throws {RangeError} When it is nested too deeply. */
export function parseModule(
  path: string,
  text: string,
  attachComments: boolean,
): { program: Node; comments: readonly Node[] } {
  return parse(text, options(path, attachComments)) as unknown as ReturnType<typeof parseModule>;
}

/**
 * Facts about a module from its text alone; nothing is run. Text that cannot be read gives an `error`.
 *
 * Time and memory: linear in the text.
 *
 * ```ts
 * import { analyse } from "./analyse.ts";
 * import assert from "node:assert/strict";
 *
 * const { imports } = analyse("/mod.ts", 'export * from "jsr:@lab/a@^1";');
 * assert.equal(imports[0]?.specifier, "jsr:@lab/a@^1");
 * ```
 */
export function analyse(path: string, text: string): ModuleFacts {
  let tree: ReturnType<typeof parseModule>;
  try {
    tree = parseModule(path, text, false);
  } catch (error) {
    const { message, line, column } = place(error);
    return unread(message, line, column);
  }
  const imports: Import[] = commentImports(tree.comments);
  const computedImports: number[] = [];
  const requireCalls: number[] = [];
  let commonJs: number | undefined;
  let globalTypes: number | undefined;
  let ownRequire = false;

  const add = (kind: Import["kind"], source: Node | undefined) => {
    const specifier = literal(source);
    if (!source) return;
    if (specifier === undefined) {
      if (kind !== "resolve") computedImports.push(source.loc.start.line);
    } else {
      const { start, end, loc } = source;
      imports.push({ specifier, kind, start: start + 1, end: end - 1, line: loc.start.line });
    }
  };

  visit(tree.program, (node) => {
    const { line } = node.loc.start;
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "ExportNamedDeclaration":
        add(
          (node.importKind ?? node.exportKind) === "type" ? "type" : "static",
          optional(node, "source"),
        );
        break;
      case "ImportExpression":
        add("dynamic", child(node, "source"));
        break;
      case "TSImportType":
        add("type", optional(node, "source") ?? optional(node, "argument"));
        break;
      case "CallExpression": {
        const callee = child(node, "callee");
        if (callee.type === "MetaProperty" || isMetaResolve(callee)) {
          add("resolve", list(node, "arguments")[0]);
        }
        if (callee.type === "Identifier" && callee.name === "require") requireCalls.push(line);
        break;
      }
      case "AssignmentExpression":
        if (isModuleExports(child(node, "left"))) commonJs ??= line;
        break;
      case "TSExternalModuleReference":
      case "TSExportAssignment":
        commonJs ??= line;
        break;
      case "TSModuleDeclaration":
        if (node.kind === "global" || node.global || child(node, "id").type === "StringLiteral") {
          globalTypes ??= line;
        }
        break;
      case "TSNamespaceExportDeclaration":
        globalTypes ??= line;
        break;
      case "VariableDeclarator":
      case "FunctionDeclaration":
        ownRequire ||= optional(node, "id")?.name === "require";
        break;
      case "ImportSpecifier":
        ownRequire ||= optional(node, "local")?.name === "require";
        break;
    }
  });
  if (!ownRequire) commonJs ??= requireCalls.sort((a, b) => a - b)[0];

  return {
    imports: imports.sort((a, b) => a.start - b.start),
    computedImports: computedImports.sort((a, b) => a - b),
    ...commonJs !== undefined && { commonJs },
    ...globalTypes !== undefined && { globalTypes },
    ...namesOf(tree.program),
  };
}

/** What is known of a module that could not be read. */
export function unread(message: string, line: number = 1, column: number = 1): ModuleFacts {
  return {
    error: { message, line, column },
    imports: [],
    computedImports: [],
    exports: {},
    exportAll: [],
    plugins: {},
  };
}

function place(error: unknown): NonNullable<ModuleFacts["error"]> {
  if (error instanceof RangeError) return { message: "it is nested too deeply", line: 1, column: 1 };
  if (!(error instanceof SyntaxError)) throw error;
  const { loc } = error as SyntaxError & { loc: { line: number; column: number } };
  return { message: error.message.replace(/ \(\d+:\d+\)$/, ""), line: loc.line, column: loc.column + 1 };
}

function isMetaResolve(callee: Node): boolean {
  return callee.type === "MemberExpression" && child(callee, "object").type === "MetaProperty" &&
    child(callee, "property").name === "resolve";
}

function isModuleExports(left: Node): boolean {
  if (left.type !== "MemberExpression") return false;
  const object = child(left, "object");
  const name = object.type === "Identifier" ? object.name : undefined;
  return name === "exports" || (name === "module" && child(left, "property").name === "exports") ||
    isModuleExports(object);
}

/** Exports and plugins of the top level. */
function namesOf(program: Node): Pick<ModuleFacts, "exports" | "exportAll" | "plugins"> {
  const exports: Record<string, Exported> = {};
  const exportAll: string[] = [];
  const plugins: Record<string, Declared> = {};
  const nameOf = (node: Node) => (node.name ?? node.value) as string;
  const declare = (node: Node | undefined, exported: boolean) => {
    if (!node) return;
    const named: [string, Declared | undefined][] = node.type === "VariableDeclaration"
      ? list(node, "declarations").filter((each) => child(each, "id").type === "Identifier")
        .map((each) => [nameOf(child(each, "id")), declaredByCall(optional(each, "init"))])
      : optional(node, "id")?.type === "Identifier"
      ? [[nameOf(child(node, "id")), node.type === "ClassDeclaration" ? declaredByClass(node) : undefined]]
      : [];
    for (const [name, declared] of named) {
      if (exported) exports[name] = { local: name };
      if (declared) plugins[name] = declared;
    }
  };
  for (const node of list(program, "body")) {
    if (node.type === "ExportAllDeclaration") {
      exportAll.push(literal(child(node, "source"))!);
    } else if (node.type === "ExportDefaultDeclaration") {
      const value = child(node, "declaration");
      exports.default = { local: "default" };
      const declared = value.type === "ClassDeclaration" ? declaredByClass(value) : declaredByCall(value);
      if (declared) plugins.default = declared;
      if (value.type === "Identifier") exports.default = { local: nameOf(value) };
    } else if (node.type === "ExportNamedDeclaration") {
      declare(optional(node, "declaration"), true);
      const from = literal(optional(node, "source"));
      for (const specifier of list(node, "specifiers")) {
        if (specifier.type === "ExportNamespaceSpecifier") {
          exports[nameOf(child(specifier, "exported"))] = { local: "*" };
          continue;
        }
        const local = nameOf(child(specifier, "local"));
        exports[nameOf(child(specifier, "exported"))] = from === undefined
          ? { local }
          : { from, name: local };
      }
    } else {
      declare(node, false);
    }
  }
  return { exports, exportAll, plugins };
}
