/**
 * A package's README as HTML that can do nothing: {@linkcode readmeHtml}.
 * @module
 */
import { Marked } from "marked";

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

/**
 * Markdown as HTML: HTML in it is shown as text, images become links, and links lead to the web, to mail or into the package.
 *
 * @param base Path of the package's files, with a slash at the end.
 *
 * ```ts
 * import { readmeHtml } from "./readme.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(readmeHtml("[a](javascript:b) *c*", "/x/"), "<p>a <em>c</em></p>\n");
 * ```
 */
export function readmeHtml(markdown: string, base: string): string {
  const marked = new Marked({
    renderer: {
      html: ({ text }) => escape(text),
      heading({ tokens, depth }) { // below those of the page
        const tag = `h${Math.min(6, depth + 1)}`;
        return `<${tag}>${this.parser.parseInline(tokens)}</${tag}>\n`;
      },
      link({ href, tokens }) {
        return anchor(href, this.parser.parseInline(tokens), base);
      },
      image: ({ href, text }) => anchor(href, escape(text || href), base),
    },
  });
  return marked.parse(markdown, { async: false, gfm: true });
}

function anchor(href: string, text: string, base: string): string {
  const url = URL.parse(href, `http://here.invalid${base}`);
  if (!url || !/^(https?|mailto):$/.test(url.protocol)) return text;
  const target = url.host === "here.invalid" ? url.pathname + url.hash : url.href;
  return `<a href="${escape(target)}" rel="nofollow noopener">${text}</a>`;
}
