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
import { packagePage } from "./package.tsx";
import { STYLE } from "./style.ts";

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
  app.get("/style.css", () =>
    new Response(STYLE, {
      headers: {
        "content-type": "text/css; charset=utf-8",
        "x-content-type-options": "nosniff",
        "cache-control": "public, max-age=300",
      },
    }));
  app.notFound(() => refusedPage({ status: 404, message: "There is no such page" }));
  app.onError((error) => {
    if (error instanceof Refusal) return refusedPage(error);
    onError(error);
    return refusedPage({ status: 500, message: "The registry failed; its log says why" });
  });
  return app;
}

/** Whether a browser asks for a page, not a program for a module. */
export function wantsPage({ headers }: Request): boolean {
  const destination = headers.get("sec-fetch-dest");
  return (destination === null || destination === "document") &&
    (headers.get("accept") ?? "").includes("text/html");
}

/** The page of a package, if the path is one's; packages that are not here have none. */
export async function findPackagePage(registry: Registry, path: string): Promise<Response | undefined> {
  try {
    const place = parseModulePath(decodePath(path));
    if (place?.kind !== "plain" || place.path !== "") return undefined;
    return await packagePage(registry, place.scope, place.name, place.range);
  } catch (error) {
    if (error instanceof Refusal) return refusedPage(error);
    throw error;
  }
}
