import assert from "node:assert/strict";
import { documentModule } from "./document.ts";

Deno.test("documentModule() shows what is declared, without bodies", () => {
  const { doc, declarations } = documentModule(
    "/mod.ts",
    `/**
 * Finds hits.
 *
 * @module
 */
import { A } from "./a.ts";

/** First overload. */
export function find(a: string): void;
/** Second overload. */
export function find(a: number): void;
export function find(a: unknown): void { use(a); }

/**
 * A finder.
 * @param T rows
 */
export class Finder<T> extends Base implements A {
  /** Where. */
  readonly at: number = 1;
  #hidden = 2;
  private secret = 3;
  /** Looks. */
  async look(from: number): Promise<void> { await 1; }
  static make(): Finder<1> { return new Finder(); }
}
/** Options. */
export interface Options { /** How many. */ readonly count?: number }
export type Kind = "a" | "b";
/** Limit. */
export const LIMIT: number = 3, other = 4;
const local: string = "x";
export { local as shown };
export default function (): void {}
`,
  );
  assert.equal(doc, "Finds hits.");
  assert.deepEqual(declarations.find!.map(({ signature, doc }) => [signature, doc]), [
    ["function find(a: string): void", "First overload."],
    ["function find(a: number): void", "Second overload."],
    ["function find(a: unknown): void", ""],
  ]);
  const [finder] = declarations.Finder!;
  assert.equal(finder!.signature, "class Finder<T> extends Base implements A");
  assert.equal(finder!.doc, "A finder.\n@param T rows");
  assert.deepEqual(finder!.members, [
    { signature: "readonly at: number", doc: "Where." },
    { signature: "async look(from: number): Promise<void>", doc: "Looks." },
    { signature: "static make(): Finder<1>", doc: "" },
  ]);
  assert.match(declarations.Options![0]!.signature, /^interface Options \{.*count\?: number \}$/);
  assert.equal(declarations.LIMIT![0]!.signature, "const LIMIT: number");
  assert.equal(declarations.local![0]!.signature, "const local: string");
  assert.equal(declarations.default![0]!.kind, "function");
});

Deno.test("documentModule() gives nothing of what cannot be read", () => {
  assert.deepEqual(documentModule("/a.ts", "export const ="), { doc: "", declarations: {} });
});
