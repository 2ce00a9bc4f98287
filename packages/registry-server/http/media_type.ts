/**
 * Content types of files in packages: {@linkcode mediaType}.
 * @module
 */

const TYPES: Readonly<Record<string, string>> = {
  ts: "application/typescript; charset=utf-8",
  mts: "application/typescript; charset=utf-8",
  tsx: "text/tsx; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  jsx: "text/jsx; charset=utf-8",
  json: "application/json; charset=utf-8",
  wasm: "application/wasm",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
};
const TEXT = /\/(licen[cs]e|readme|changelog)$|\.(md|txt|css|html?|xml|svg|ya?ml|toml|csv|jsonc)$/i;

/** The content type of a file; nothing that a browser would run in a page: what is text and not code is plain text. */
export function mediaType(path: string): string {
  const known = TYPES[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ""];
  return known ?? (TEXT.test(path) ? "text/plain; charset=utf-8" : "application/octet-stream");
}
