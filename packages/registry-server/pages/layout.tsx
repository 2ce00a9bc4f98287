/** @jsxImportSource hono/jsx */
/**
 * What all pages share: {@linkcode page}.
 * @module
 */
import type { Child } from "hono/jsx";

/** Headers of pages: nothing runs in them, nothing is loaded from elsewhere, nobody frames them. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-cache",
};

/** What a page shows. */
export interface PageOptions {
  readonly title: string;
  readonly status?: number;
  /** More headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Words in the search field. */
  readonly search?: string;
  readonly children: Child;
}

/** A page as an answer. */
export function page({ title, status = 200, headers = {}, search = "", children }: PageOptions): Response {
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Millrace registry</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        <header>
          <a class="home" href="/">Millrace registry</a>
          <form role="search" action="/" method="get">
            <label for="q">Search</label>
            <input id="q" name="q" type="search" value={search} />
            <button type="submit">Find</button>
          </form>
          <nav aria-label="Registry">
            <a href="/log">Log</a> <a href="/api/openapi.json">API</a>
          </nav>
        </header>
        <main id="content">{children}</main>
      </body>
    </html>
  );
  return new Response(`<!doctype html>${html}`, { status, headers: { ...HEADERS, ...headers } });
}
