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

/** An option of a plugin, as far as it is written out in the code. */
export interface DeclaredOption {
  /** Name of the function that makes it: `number`, `time`; undefined for one that is made otherwise. */
  readonly kind: string | undefined;
  /** Settings that are literals: numbers, texts, booleans, `null` and lists of those. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Names of settings that are computed; undefined when even those can't be told. */
  readonly computed: readonly string[] | undefined;
  /** Of a choice: what there is to choose. */
  readonly choices: readonly string[] | undefined;
}

/** What a plugin declares in the code, as far as it is written out there; `undefined` is "not written as a literal". */
export interface Declared {
  /** Name of the function or base class that makes it. */
  readonly by: string;
  /** Data types that it makes. */
  readonly provides: readonly string[] | undefined;
  /** Data types that it needs. */
  readonly dependsOn: readonly string[] | undefined;
  /** Options by name. */
  readonly options: Readonly<Record<string, DeclaredOption>> | undefined;
  /** Columns by data type, of those whose columns are written out. */
  readonly schema: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Where an exported name comes from. */
export type Exported = { readonly local: string } | { readonly from: string; readonly name: string };

/** A module, as its text shows it. */
export interface ModuleFacts {
  /** Why it could not be read; all else is then empty. */
  readonly error?: { readonly message: string; readonly line: number; readonly column: number };
  /** Specifiers, in the order of the text. */
  readonly imports: readonly Import[];
  /** Lines of imports whose specifier is computed. */
  readonly computedImports: readonly number[];
  /** First line with `require()`, `module.exports`, `import =` or `export =`. */
  readonly commonJs?: number;
  /** First line with `declare global`, `declare module "x"` or `export as namespace`. */
  readonly globalTypes?: number;
  /** What it exports, by name. */
  readonly exports: Readonly<Record<string, Exported>>;
  /** Specifiers of `export * from`. */
  readonly exportAll: readonly string[];
  /** Plugins by local name. */
  readonly plugins: Readonly<Record<string, Declared>>;
}
