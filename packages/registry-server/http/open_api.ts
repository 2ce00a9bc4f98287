/**
 * The API's description from its routes: {@linkcode openApi}.
 * @module
 */
import { z } from "zod";
import type { Route } from "./route.ts";

/** OpenAPI 3.1 of a route table. */
export function openApi(routes: readonly Route[], origin: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, summary, access, body, query } of routes) {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
    const form = access === "form";
    (paths[path.replace(/:(\w+)/g, "{$1}")] ??= {})[method.toLowerCase()] = {
      summary,
      parameters: [
        ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
        ...Object.entries(query ?? {}).map(([name, description]) => ({
          name,
          in: "query",
          description,
          schema: { type: "string" },
        })),
      ],
      ...access === "public" || form ? {} : { security: [{ token: [] }] },
      ...body && {
        requestBody: {
          required: true,
          content: {
            [form ? "application/x-www-form-urlencoded" : "application/json"]: {
              schema: z.toJSONSchema(body, { io: "input", unrepresentable: "any" }),
            },
          },
        },
      },
      responses: {
        "200": { description: "Done" },
        default: {
          description: "Refused: code and message",
          content: { "application/json": { schema: REFUSAL } },
        },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Millrace registry", version: "1" },
    servers: [{ url: `${origin}/api` }],
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    paths,
  };
}

const REFUSAL = {
  type: "object",
  required: ["code", "message"],
  properties: { code: { type: "string" }, message: { type: "string" } },
};
