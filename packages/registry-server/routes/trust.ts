/**
 * Keys, signatures and the log.
 * @module
 */
import { z } from "zod";
import { authorize } from "../access/authorize.ts";
import { getVersion } from "../catalog/versions.ts";
import { type Route, route } from "../http/route.ts";
import { sign } from "../trust/ed25519.ts";
import { currentKey, publicKeys, rotateKey } from "../trust/keys.ts";
import { logHead, readLog } from "../trust/log.ts";
import { addPublisherKey, publisherKeys, retirePublisherKey } from "../trust/publisher_keys.ts";
import { addPublisherSignature, versionSignatures } from "../trust/signatures.ts";
import { headText } from "../trust/statement.ts";

const SIGNATURE = "/scopes/:scope/packages/:package/versions/:version/signature";

/** Most entries of the log in one answer. */
const PAGE = 1000;

export const trustRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/keys",
    summary: "The registry's public keys, old ones too",
    access: "public",
    answer: ({ registry }) => ({ keys: publicKeys(registry.db) }),
  }),
  route({
    method: "POST",
    path: "/keys/rotate",
    summary: "Sign with a new key from now on; what was signed stays valid",
    access: "admin",
    answer: async ({ registry }) => ({ id: await rotateKey(registry.db, registry.now) }),
  }),
  route({
    method: "GET",
    path: "/log",
    summary: "Entries of the log, in order",
    access: "public",
    query: { from: "Index of the first one", count: `How many, at most ${PAGE}` },
    answer({ registry, query }) {
      const [from, count] = [Number(query.get("from") ?? 0), Number(query.get("count") ?? PAGE)];
      return {
        entries: readLog(
          registry.db,
          Math.trunc(from) || 0,
          Math.min(PAGE, Math.max(0, Math.trunc(count) || 0)),
        ),
      };
    },
  }),
  route({
    method: "GET",
    path: "/log/head",
    summary: "Length and last hash of the log, signed",
    access: "public",
    async answer({ registry: { db, now } }) {
      const head = { ...logHead(db), signedAt: now().toISOString() };
      const { id, privateKey } = await currentKey(db, now);
      return { ...head, keyId: id, signature: await sign(headText(head), privateKey) };
    },
  }),
  route({
    method: "GET",
    path: SIGNATURE,
    summary: "Signatures of a version by the registry and its publisher",
    access: "public",
    answer({ registry, params }) {
      return versionSignatures(registry, params.scope!, params.package!, params.version!);
    },
  }),
  route({
    method: "PUT",
    path: SIGNATURE,
    summary: "Add the publisher's signature",
    access: "user",
    body: z.strictObject({ keyId: z.string(), signature: z.base64(), signedAt: z.iso.datetime() }),
    async answer({ registry, identity, params, body }) {
      const [scope, name, version] = [params.scope!, params.package!, params.version!];
      authorize(registry, identity, { action: "publish", scope, package: name, version });
      getVersion(registry, scope, name, version);
      await addPublisherSignature(registry, scope, name, version, body);
      return undefined;
    },
  }),
  route({
    method: "GET",
    path: "/scopes/:scope/keys",
    summary: "Public keys of a scope's publishers",
    access: "public",
    answer: ({ registry, params }) => ({ keys: publisherKeys(registry, params.scope!) }),
  }),
  route({
    method: "POST",
    path: "/scopes/:scope/keys",
    summary: "Add a public key of a publisher",
    access: "user",
    body: z.strictObject({ publicKey: z.base64().length(44) }),
    async answer({ registry, identity, params, body }) {
      authorize(registry, identity, { action: "manage", scope: params.scope! });
      return { id: await addPublisherKey(registry, params.scope!, body.publicKey) };
    },
  }),
  route({
    method: "DELETE",
    path: "/scopes/:scope/keys/:id",
    summary: "A publisher's key signs nothing more; what it signed stays valid",
    access: "user",
    answer({ registry, identity, params }) {
      authorize(registry, identity, { action: "manage", scope: params.scope! });
      retirePublisherKey(registry, params.scope!, params.id!);
      return undefined;
    },
  }),
];
