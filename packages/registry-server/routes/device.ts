/**
 * The device authorization that publishing clients use.
 * @module
 */
import { z } from "zod";
import { decideDevice, exchangeDevice, requestDevice } from "../access/device.ts";
import { type Route, route } from "../http/route.ts";
import { decidedPage } from "../pages/device.tsx";

const hash = z.string().regex(/^sha256-[0-9a-f]{64}$/);

export const deviceRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/authorizations",
    summary: "A program asks to publish; a user confirms it on a page",
    access: "public",
    body: z.object({
      challenge: z.base64().length(44),
      permissions: z.array(z.object({
        permission: z.literal("package/publish"),
        scope: z.string().max(100),
        package: z.string().max(100),
        version: z.string().max(100),
        tarballHash: hash,
      })).min(1).max(100),
    }),
    answer({ registry, body, origin }) {
      const permissions = body.permissions.map((asked) => ({
        action: "publish" as const,
        scope: asked.scope,
        package: asked.package,
        version: asked.version,
        archive: asked.tarballHash.slice("sha256-".length),
      }));
      const { code, exchangeToken, expiresAt } = requestDevice(registry, body.challenge, permissions);
      return { verificationUrl: `${origin}/auth`, code, exchangeToken, pollInterval: 1, expiresAt };
    },
  }),
  route({
    method: "POST",
    path: "/authorizations/exchange",
    summary: "Fetch the token when the user has confirmed",
    access: "public",
    body: z.object({ exchangeToken: z.string(), verifier: z.string() }),
    answer({ registry, body }) {
      const { token, user } = exchangeDevice(registry, body.exchangeToken, body.verifier);
      return { token, user: { name: user.name } };
    },
  }),
  route({
    method: "POST",
    path: "/authorizations/decide",
    summary: "The form on that page",
    access: "form",
    body: z.object({ code: z.string(), decision: z.enum(["allow", "deny"]) }),
    answer({ registry, identity, body }) {
      decideDevice(registry, identity, body.code, body.decision === "allow");
      return decidedPage(body.decision === "allow");
    },
  }),
];
