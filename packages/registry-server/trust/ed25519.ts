/**
 * Ed25519 keys as text: {@linkcode generateKey}, {@linkcode sign}, {@linkcode isSignedBy}.
 * @module
 */

const utf8 = new TextEncoder();

/** A new pair of keys, in base64: the public one raw (32 bytes), the private one as PKCS #8. */
export interface KeyPair {
  /** First 16 hexadecimal digits of the SHA-256 of the public key. */
  readonly id: string;
  /** Raw, 32 bytes, base64. */
  readonly publicKey: string;
  /** PKCS #8, base64; keep it secret. */
  readonly privateKey: string;
}

/** The name of a public key. */
export async function keyId(publicKey: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", Uint8Array.fromBase64(publicKey));
  return new Uint8Array(digest).toHex().slice(0, 16);
}

/** Make a pair of keys. */
export async function generateKey(): Promise<KeyPair> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)).toBase64();
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey)).toBase64();
  return { id: await keyId(raw), publicKey: raw, privateKey: pkcs8 };
}

/** Sign a text; gives base64. */
export async function sign(text: string, privateKey: string): Promise<string> {
  const key = await crypto.subtle.importKey("pkcs8", Uint8Array.fromBase64(privateKey), "Ed25519", false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("Ed25519", key, utf8.encode(text))).toBase64();
}

/**
 * Whether the text was signed with the private part of a key.
 *
 * ```ts
 * import { generateKey, isSignedBy, sign } from "./ed25519.ts";
 * import assert from "node:assert/strict";
 *
 * const { publicKey, privateKey } = await generateKey();
 * const signature = await sign("text", privateKey);
 * assert(await isSignedBy(publicKey, signature, "text"));
 * assert(!await isSignedBy(publicKey, signature, "other"));
 * ```
 *
 * @throws {SyntaxError} When the key or the signature is not base64.
 */
export async function isSignedBy(publicKey: string, signature: string, text: string): Promise<boolean> {
  const raw = Uint8Array.fromBase64(publicKey);
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, Uint8Array.fromBase64(signature), utf8.encode(text));
}
