/**
 * A route of the API: {@linkcode Route}.
 * @module
 */
import type { z } from "zod";
import type { Identity } from "../access/tokens.ts";
import type { Registry } from "../registry.ts";

/** A request that passed the checks of its route. */
export interface Call<B = unknown> {
  readonly registry: Registry;
  readonly request: Request;
  /** Parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Checked body. */
  readonly body: B;
  /** Who sent it; routes for the public have none. */
  readonly identity: Identity;
  /** Origin by which clients reach the server. */
  readonly origin: string;
  /** The route table. */
  readonly routes: readonly Route[];
}

/** What the API has at a path. Everything that changes something leaves a row in the audit. */
export interface Route<B = unknown> {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/api`, parts as `:name`. */
  readonly path: string;
  /** What it does, in a line. */
  readonly summary: string;
  /**
   * Who may ask: anyone, whoever has a token (what it allows is for the route to check), or administrators. A form is sent by a page,
   * with the token in its field `token`: nothing is remembered that another page could make use of.
   */
  readonly access: "public" | "user" | "admin" | "form";
  /** What the body must be; without it, the body is left to the route. */
  readonly body?: z.ZodType<B>;
  /** Names and meanings of query parameters. */
  readonly query?: Readonly<Record<string, string>>;
  /** The answer: a response, or what becomes JSON; `undefined` for nothing to say. */
  readonly answer: (call: Call<B>) => Promise<Response | object | undefined> | Response | object | undefined;
}

/** A route of any body. */
export function route<B>(route: Route<B>): Route {
  return route as unknown as Route;
}
