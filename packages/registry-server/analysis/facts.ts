/**
 * What is known of a module without running it: {@linkcode ModuleFacts}.
 * @module
 */

/** A specifier in a module's text. */
export interface Import {
  /** As written. */
  readonly specifier: string;
  /** `static` and `dynamic` load code, `type` only types, `resolve` is `import.meta.resolve()`. */
  readonly kind: "static" | "dynamic" | "type" | "resolve";
  /** Where the specifier starts in the text, UTF-16 units, its quotes left out. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
  /** Line, from 1. */
  readonly line: number;
}

/** What a plugin declares in the code, as far as it is written out there; `undefined` is "not written as a literal". */
export interface Declared {
  /** Name of the function or base class that makes it. */
  readonly by: string;
  readonly provides: readonly string[] | undefined;
  readonly dependsOn: readonly string[] | undefined;
  /** Names of options. */
  readonly options: readonly string[] | undefined;
  /** Columns of the output, where there is one schema. */
  readonly schema: Readonly<Record<string, string>> | undefined;
}

/** Where an exported name comes from. */
export type Exported = { readonly local: string } | { readonly from: string; readonly name: string };

/** A module, as its text shows it. */
export interface ModuleFacts {
  /** Why it could not be read; all else is then empty. */
  readonly error?: { readonly message: string; readonly line: number; readonly column: number };
  readonly imports: readonly Import[];
  /** Lines of imports whose specifier is computed. */
  readonly computedImports: readonly number[];
  /** First line with `require()`, `module.exports`, `import =` or `export =`. */
  readonly commonJs?: number;
  /** First line with `declare global`, `declare module "x"` or `export as namespace`. */
  readonly globalTypes?: number;
  readonly exports: Readonly<Record<string, Exported>>;
  /** Specifiers of `export * from`. */
  readonly exportAll: readonly string[];
  /** Plugins by local name. */
  readonly plugins: Readonly<Record<string, Declared>>;
}
