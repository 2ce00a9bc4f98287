/**
 * The API as a Hono app: {@linkcode apiApp}.
 * @module
 */
import { type Context, Hono } from "hono";
import { audit } from "../access/audit.ts";
import { authorizeAdmin } from "../access/authorize.ts";
import { identify, type Identity } from "../access/tokens.ts";
import type { Registry } from "../registry.ts";
import { refusedPage } from "../pages/device.tsx";
import { checkBody, readForm, readJson } from "./_body.ts";
import type { RateLimiter } from "./rate_limiter.ts";
import { Refusal } from "./refusal.ts";
import type { Route } from "./route.ts";

/** What the server gives a request along. */
export interface Env {
  readonly Bindings: {
    readonly address: string;
    readonly origin: string;
    /** Whether the request comes from the command line of whoever owns the registry's folder. */
    readonly operator?: boolean;
  };
}

/** Whoever may read the folder may do everything. */
const OPERATOR: Identity = {
  user: { id: 0, name: "operator", admin: true },
  tokenId: 0,
  permissions: [{}],
  expiresAt: null,
};

/** What the API needs. */
export interface ApiOptions {
  readonly registry: Registry;
  readonly routes: readonly Route[];
  readonly limiter: RateLimiter;
  /** Told of errors that are the server's own. */
  readonly onError: (error: unknown) => void;
}

/** An app with all routes, below `/api`: identifies, limits, checks the body, answers, and writes the audit. */
export function apiApp({ registry, routes, limiter, onError }: ApiOptions): Hono<Env> {
  const app = new Hono<Env>().basePath("/api");
  for (const route of routes) {
    app.on(
      route.method,
      route.path,
      (context) => handle(context, route, { registry, routes, limiter, onError }),
    );
  }
  app.notFound((context) =>
    refuse(new Refusal(404, "notFound", `The API has no ${context.req.method} ${context.req.path}`))
  );
  return app;
}

async function handle(
  context: Context<Env>,
  route: Route,
  { registry, routes, limiter, onError }: ApiOptions,
): Promise<Response> {
  let identity: Identity | undefined;
  let response: Response;
  let message: string | null = null;
  try {
    limiter.take(context.env.address);
    const request = context.req.raw;
    const most = registry.limits.bodyBytes;
    const form = route.access === "form" ? await readForm(request, most) : undefined;
    const token = form?.token ?? /^Bearer (\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
    identity = route.access === "public"
      ? undefined
      : context.env.operator
      ? OPERATOR
      : authenticated(registry, token);
    if (identity) limiter.take(`token ${identity.tokenId}`);
    if (route.access === "admin") authorizeAdmin(identity!);
    response = asResponse(
      await route.answer({
        registry,
        request,
        params: context.req.param(),
        query: new URL(context.req.url).searchParams,
        body: route.body && checkBody(form ?? await readJson(request, most), route.body),
        identity: identity as Identity,
        origin: context.env.origin,
        routes,
      }),
    );
  } catch (error) {
    const refusal = error instanceof Refusal
      ? error
      : new Refusal(500, "internal", "The registry failed; its log says why");
    if (refusal !== error) onError(error);
    message = error instanceof Error ? error.message : String(error);
    response = route.access === "form" ? refusedPage(refusal) : refuse(refusal);
  }
  // What was turned away unseen leaves no row: a flood would fill the table.
  if (route.method !== "GET" && response.status !== 429) {
    audit(registry, {
      actor: identity?.user.name ?? null,
      token_id: identity?.tokenId || null,
      address: context.env.address,
      action: `${route.method} ${route.path}`,
      target: context.req.path,
      status: response.status,
      message,
    });
  }
  return response;
}

function authenticated(registry: Registry, token: string | undefined): Identity {
  if (token !== undefined) return identify(registry, token);
  throw new Refusal(
    401,
    "missingToken",
    'This needs a token; send the header "Authorization: Bearer TOKEN"',
    {},
    { "www-authenticate": "Bearer" },
  );
}

function asResponse(value: Response | object | undefined): Response {
  if (value instanceof Response) return value;
  return value === undefined ? new Response(null, { status: 204 }) : json(value, 200);
}

function json(value: object, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(value, {
    status,
    headers: { "cache-control": "no-store", "x-content-type-options": "nosniff", ...headers },
  });
}

/** A refusal as the API tells it. */
export function refuse({ status, code, message, extra, headers }: Refusal): Response {
  return json({ code, message, ...extra }, status, headers);
}
