/** @jsxImportSource hono/jsx */
/**
 * The page on which a user lets a program publish.
 * @module
 */
import type { DeviceRequest } from "../access/device.ts";
import type { Refusal } from "../http/refusal.ts";
import { page } from "./layout.tsx";

/** Asks for the code that the program shows. */
export function codePage(): Response {
  return page({
    title: "Authorize",
    children: (
      <>
        <h1>Authorize a program</h1>
        <form action="/auth" method="get">
          <p>
            <label for="code">Code that the program shows</label>
            <input id="code" name="code" required autocomplete="off" />
          </p>
          <button type="submit">Go on</button>
        </form>
      </>
    ),
  });
}

/** Shows what a program wants, and asks for the user's token and decision. */
export function devicePage({ code, permissions }: DeviceRequest): Response {
  return page({
    title: "Authorize",
    children: (
      <>
        <h1>A program wants to publish</h1>
        <p>
          Allow it only if the program that you started shows the code{" "}
          <strong>{code}</strong>. It may then publish, once:
        </p>
        <ul>
          {permissions.map(({ scope, package: name, version, archive }) => (
            <li>
              @{scope}/{name}@{version} <small>archive sha256-{archive}</small>
            </li>
          ))}
        </ul>
        <form action="/api/authorizations/decide" method="post">
          <input type="hidden" name="code" value={code} />
          <p>
            <label for="token">Your token</label>
            <input id="token" name="token" type="password" required autocomplete="current-password" />
          </p>
          <button type="submit" name="decision" value="allow">Allow</button>{" "}
          <button type="submit" name="decision" value="deny" class="second">Deny</button>
        </form>
      </>
    ),
  });
}

/** What a user sees after the decision. */
export function decidedPage(allowed: boolean): Response {
  return page({
    title: allowed ? "Allowed" : "Denied",
    children: (
      <>
        <h1>{allowed ? "Allowed" : "Denied"}</h1>
        <p>{allowed ? "The program goes on by itself" : "The program was told"}. You can close this page.</p>
      </>
    ),
  });
}

/** What {@linkcode refusedPage} shows. */
export type RefusedPageOptions = Pick<Refusal, "status" | "message"> & Partial<Pick<Refusal, "headers">>;

/** A refusal for people. */
export function refusedPage({ status, message, headers }: RefusedPageOptions): Response {
  return page({
    title: "Not possible",
    status,
    ...headers && { headers },
    children: (
      <>
        <h1>Not possible</h1>
        <p>{message}.</p>
      </>
    ),
  });
}
