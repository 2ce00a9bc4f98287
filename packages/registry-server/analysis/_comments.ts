// Specifiers in comments: Deno reads them for types and JSX.

import type { Import } from "./facts.ts";
import type { Node } from "./_node.ts";

const PATTERNS: readonly RegExp[] = [
  /@(?:ts-types|deno-types|ts-self-types)\s*=\s*(["'])([^"']+)\1/dg,
  /^\/\s*<reference\s+(?:types|path)\s*=\s*(["'])([^"']+)\1/dg,
  /@jsxImportSource(?:Types)?(\s+)(\S+)/dg,
];

/** Imports in comments; of `comments` the texts start two units after the comment. */
export function commentImports(comments: readonly Node[]): Import[] {
  return comments.flatMap((comment) => {
    const text = comment.value as string;
    return PATTERNS.flatMap((pattern) =>
      [...text.matchAll(pattern)].map((match): Import => {
        const [from, to] = match.indices![2]!;
        const before = text.slice(0, from).split("\n").length - 1;
        return {
          specifier: match[2]!,
          kind: "type",
          start: comment.start + 2 + from,
          end: comment.start + 2 + to,
          line: comment.loc.start.line + before,
        };
      })
    );
  });
}
