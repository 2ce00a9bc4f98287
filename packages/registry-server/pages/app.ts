/**
 * Pages for people, as a Hono app: {@linkcode pagesApp}.
 * @module
 */
import { Hono } from "hono";
import { findDevice } from "../access/device.ts";
import { decodePath, parseModulePath } from "../http/module_path.ts";
import type { Env } from "../http/api.ts";
import { Refusal } from "../http/refusal.ts";
import type { RateLimiter } from "../http/rate_limiter.ts";
import type { Registry } from "../registry.ts";
import { codePage, devicePage, refusedPage } from "./device.tsx";
import { homePage } from "./home.tsx";
import { logPage } from "./log.tsx";
import type { PackagePlace } from "./package.tsx";
import { ICON, STYLE } from "./style.ts";

/** An app with all pages that have a path of their own. */
export function pagesApp(
  registry: Registry,
  limiter: RateLimiter,
  onError: (error: unknown) => void,
): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async ({ env }, next) => {
    limiter.take(env.address);
    await next();
  });
  app.get("/", ({ req }) => homePage(registry, new URL(req.url).searchParams));
  app.get("/log", ({ req }) => logPage(registry, new URL(req.url).searchParams));
  app.get("/auth", ({ req }) => {
    const code = req.query("code");
    return code === undefined ? codePage() : devicePage(findDevice(registry, code));
  });
  const assets = [["/style.css", "text/css; charset=utf-8", STYLE], [
    "/icon.svg",
    "image/svg+xml",
    ICON,
  ]] as const;
  for (const [path, type, text] of assets) {
    app.get(path, () =>
      new Response(text, {
        headers: {
          "content-type": type,
          "content-security-policy": "default-src 'none'; sandbox",
          "x-content-type-options": "nosniff",
          "cache-control": "public, max-age=300",
        },
      }));
  }
  app.notFound(() => refusedPage({ status: 404, message: "There is no such page" }));
  app.onError((error) => orRefused(() => Promise.reject(error), onError));
  return app;
}

/** Whether a browser asks for a page, not a program for a module. */
export function wantsPage({ headers }: Request): boolean {
  const destination = headers.get("sec-fetch-dest");
  return (destination === null || destination === "document") &&
    (headers.get("accept") ?? "").includes("text/html");
}

/** The package whose page is at a path of the module host, if there is one. */
export function packagePlace(path: string): PackagePlace | undefined {
  const place = parseModulePath(decodePath(path));
  return place?.kind === "plain" && place.path === "" ? place : undefined;
}

/** A page, or a page that says why there is none. */
export async function orRefused(
  make: () => Promise<Response>,
  onError: (error: unknown) => void,
): Promise<Response> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof Refusal) return refusedPage(error);
    onError(error);
    return refusedPage({ status: 500, message: "The registry failed; its log says why" });
  }
}
