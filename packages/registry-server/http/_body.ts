// Bodies of API requests.

import type { z } from "zod";
import { Refusal } from "./refusal.ts";

/** Read a JSON body. @throws {Refusal} When it is too large or no JSON. */
export async function readJson(request: Request, most: number): Promise<unknown> {
  try {
    return JSON.parse(await readText(request, most));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, "badBody", `The body is no JSON: ${(error as Error).message}`);
  }
}

/** Read a form, of fields by name. @throws {Refusal} When it is too large. */
export async function readForm(request: Request, most: number): Promise<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(await readText(request, most)));
}

async function readText(request: Request, most: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > most) throw new Refusal(413, "bodyTooLarge", `The body has more than ${most} bytes`);
    parts.push(part);
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(await new Blob(parts as BlobPart[]).bytes());
}

/** @throws {Refusal} When a body is of another shape. */
export function checkBody<B>(value: unknown, shape: z.ZodType<B>): B {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue!.path.length > 0 ? `"${issue!.path.join(".")}"` : "itself";
  throw new Refusal(400, "badBody", `The body is not what this needs, at ${place}: ${issue!.message}`);
}
