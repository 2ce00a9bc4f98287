// How modules of a package refer to each other and to other packages.

/** Whether a specifier is a path. */
export function isPath(specifier: string): boolean {
  return /^\.{0,2}\//.test(specifier);
}

/** The path in the package that a relative specifier means; `undefined` if it leads out of it. */
export function resolveInside(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("/")) return undefined;
  const parts = from.split("/").slice(1, -1);
  for (const part of decodeURIComponent(specifier.replace(/[?#].*$/, "")).split("/")) {
    if (part === "." || part === "") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return `/${parts.join("/")}`;
}

/** A dependency on another package. */
export interface Requirement {
  /** Kind of registry. */
  readonly kind: "jsr" | "npm";
  /** `@scope/name`, or a plain name of npm. */
  readonly name: string;
  /** Empty where none is given. */
  readonly range: string;
  /** What follows, with a leading slash, or empty. */
  readonly subpath: string;
}

/** Read `jsr:@scope/name@range/sub` or `npm:name@range/sub`. */
export function parseRequirement(specifier: string): Requirement | undefined {
  const match = /^(jsr|npm):\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]*))?(\/.*)?$/.exec(specifier);
  if (!match) return undefined;
  const [, kind, name, range, subpath] = match;
  if (kind === "jsr" && !name!.startsWith("@")) return undefined;
  return { kind: kind as "jsr" | "npm", name: name!, range: range ?? "", subpath: subpath ?? "" };
}
