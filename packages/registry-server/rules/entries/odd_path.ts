import type { EntryRule } from "../rule.ts";

const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

function odd(path: string): string | undefined {
  if (path.normalize("NFC") !== path) return "is not in Unicode normalization form C";
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]/.test(path)) {
    return "holds an invisible character";
  }
  const character = /[\\:*?"<>|%#]/.exec(path)?.[0];
  if (character) return `holds the character ${character}`;
  for (const part of path.split("/")) {
    if (part === "") return "has an empty part";
    if (part === ".") return `has a part "."`;
    if (/^\s|[\s.]$/.test(part)) return "has a part that begins or ends with a space, or ends with a dot";
    if (RESERVED.test(part)) return `has the part "${part}", which some systems reserve`;
  }
  return undefined;
}

/** Paths mean the same on every system and in a URL. */
export const oddPath: EntryRule = {
  code: "oddPath",
  refuse({ path }) {
    const reason = odd(path);
    return reason && `The path ${JSON.stringify(path)} ${reason}; rename the file`;
  },
};
