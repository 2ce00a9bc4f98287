// Signatures, keys and the log, checked with nothing but the registry's answers.
import assert from "node:assert/strict";
import {
  type LoggedEntry,
  type PublicKey,
  type SignedHead,
  VerificationError,
  verifyInclusion,
  verifyLog,
  verifyVersion,
  type VersionSignatures,
} from "@millrace/registry-server/verify";
import { generateKey, sign } from "../packages/registry-server/trust/ed25519.ts";
import { versionText } from "../packages/registry-server/trust/statement.ts";
import { type Fixture, startRegistry } from "./_registry.ts";

const VERSION = "/scopes/lab/packages/aa/versions/1.0.0";

async function json<T>(response: Promise<Response>): Promise<T> {
  return await (await response).json() as T;
}

async function fetched(lab: Fixture, version = "1.0.0") {
  const manifest = await (await fetch(`${lab.server.origin}/@lab/aa/${version}_meta.json`)).bytes();
  const signatures = await json<VersionSignatures>(
    lab.api("GET", `/scopes/lab/packages/aa/versions/${version}/signature`),
  );
  const { keys } = await json<{ keys: PublicKey[] }>(lab.api("GET", "/keys"));
  return { package: "@lab/aa", version, manifest, signatures, keys };
}

const refused = (why: RegExp) => (error: unknown) => {
  assert(error instanceof VerificationError);
  assert.match(error.message, why);
  return true;
};

Deno.test("the registry's signature holds for what it is of and nothing else", async () => {
  await using lab = await startRegistry();
  await lab.upload("aa", "1.0.0");
  await lab.upload("aa", "1.1.0");
  const good = await fetched(lab);
  assert.equal(await verifyVersion(good), "unverified", "no publisher signed it");

  const manifest = good.manifest.slice();
  manifest[10]! ^= 1;
  await assert.rejects(verifyVersion({ ...good, manifest }), refused(/something else/));
  const other = await fetched(lab, "1.1.0");
  await assert.rejects(verifyVersion({ ...good, signatures: other.signatures }), refused(/something else/));
  const forged = { ...good.signatures, registry: other.signatures.registry };
  await assert.rejects(verifyVersion({ ...good, signatures: forged }), refused(/signature is wrong/));
  // deno-lint-ignore no-explicit-any
  const missing = { ...good.signatures, registry: undefined as any };
  await assert.rejects(
    verifyVersion({ ...good, signatures: missing }),
    refused(/lacks the registry's signature/),
  );
  await assert.rejects(verifyVersion({ ...good, keys: [] }), refused(/key [0-9a-f]{16} is not known/));
  const [key] = good.keys as [PublicKey];
  const expired = { ...key, validUntil: key.validFrom };
  await assert.rejects(verifyVersion({ ...good, keys: [expired] }), refused(/was not valid at/));
  const later = { ...key, validFrom: "2999-01-01T00:00:00Z" };
  await assert.rejects(verifyVersion({ ...good, keys: [later] }), refused(/was not valid at/));
});

Deno.test("after a rotation old signatures hold and new ones are made with the new key", async () => {
  await using lab = await startRegistry();
  await lab.upload("aa", "1.0.0");
  const before = await fetched(lab);
  const refusal = await lab.api("POST", "/keys/rotate", { token: lab.token });
  assert.equal(refusal.status, 403);
  await refusal.body?.cancel();
  const { id } = await json<{ id: string }>(lab.api("POST", "/keys/rotate", { token: lab.rootToken }));
  await lab.upload("aa", "1.1.0");
  const after = await fetched(lab, "1.1.0");
  assert.equal(after.keys.length, 2);
  assert.equal(after.signatures.registry.keyId, id);
  assert.equal(await verifyVersion(after), "unverified");
  assert.equal(await verifyVersion({ ...before, keys: after.keys }), "unverified");
  await assert.rejects(verifyVersion({ ...after, keys: before.keys }), refused(/is not known/));
});

Deno.test("a publisher's signature makes a version verified for those who trust the publisher", async () => {
  await using lab = await startRegistry();
  await lab.upload("aa", "1.0.0");
  const pair = await generateKey();
  const stranger = await generateKey();
  const put = async (privateKey: string, keyId: string) => {
    const { signatures } = await fetched(lab);
    const signedAt = new Date().toISOString();
    const text = versionText("publisher", { ...signatures, signedAt });
    const body = { keyId, signature: await sign(text, privateKey), signedAt };
    const response = await lab.api("PUT", `${VERSION}/signature`, { token: lab.token, body });
    return [response.status, await response.text()] as const;
  };
  assert.match((await put(pair.privateKey, pair.id))[1], /has no key/);
  const add = await lab.api("POST", "/scopes/lab/keys", {
    token: lab.token,
    body: { publicKey: pair.publicKey },
  });
  assert.deepEqual(await add.json(), { id: pair.id });
  assert.match((await put(stranger.privateKey, pair.id))[1], /it is not one of the key/);
  assert.equal((await put(pair.privateKey, pair.id))[0], 204);
  assert.equal((await put(pair.privateKey, pair.id))[0], 409, "signatures never change");

  const version = await fetched(lab);
  const { keys: publishers } = await json<{ keys: PublicKey[] }>(lab.api("GET", "/scopes/lab/keys"));
  assert.equal(await verifyVersion(version), "unverified", "nobody is trusted");
  assert.equal(await verifyVersion({ ...version, publishers }), "verified");
  const stolen = { ...version.signatures.publisher!, signature: version.signatures.registry.signature };
  const signatures = { ...version.signatures, publisher: stolen };
  await assert.rejects(
    verifyVersion({ ...version, signatures, publishers }),
    refused(/publisher: the signature is wrong/),
  );

  const retired = await lab.api("DELETE", `/scopes/lab/keys/${pair.id}`, { token: lab.token });
  assert.equal(retired.status, 204);
  await lab.upload("aa", "1.1.0");
  const late = await lab.api("PUT", "/scopes/lab/packages/aa/versions/1.1.0/signature", {
    token: lab.token,
    body: { keyId: pair.id, signature: "AAAA", signedAt: new Date().toISOString() },
  });
  assert.match(await late.text(), /no longer in use/);
  const keys = await json<{ keys: PublicKey[] }>(lab.api("GET", "/scopes/lab/keys"));
  assert.equal(
    await verifyVersion({ ...version, publishers: keys.keys }),
    "verified",
    "what it signed stays valid",
  );
});

Deno.test("the log holds all that happened, and a change of it is found", async () => {
  await using lab = await startRegistry();
  await lab.upload("aa", "1.0.0");
  const undo = { token: lab.token };
  await lab.api("PUT", `${VERSION}/yank`, { ...undo, body: { reason: "Wrong sign" } });
  await lab.api("DELETE", `${VERSION}/yank`, undo);
  await lab.api("PUT", `${VERSION}/block`, { token: lab.rootToken, body: { reason: "Steals" } });
  await lab.api("DELETE", `${VERSION}/block`, { token: lab.rootToken });
  const { entries } = await json<{ entries: LoggedEntry[] }>(lab.api("GET", "/log"));
  assert.deepEqual(entries.map(({ kind }) => kind), ["key", "publish", "yank", "unyank", "block", "unblock"]);
  assert.equal(entries[2]!.detail, "Wrong sign");
  const head = await json<SignedHead>(lab.api("GET", "/log/head"));
  const { keys, signatures } = await fetched(lab);
  await verifyLog(entries, head, keys);
  verifyInclusion(entries, signatures);
  await verifyLog(entries.slice(3), head, keys, { size: 3, hash: entries[2]!.hash });

  for (let k = 0; k < entries.length; k++) {
    const dropped = entries.toSpliced(k, 1);
    await assert.rejects(
      verifyLog(dropped, head, keys),
      refused(k < 5 ? new RegExp(`entry ${k} `) : /at its head/),
    );
    const edited = entries.with(k, { ...entries[k]!, detail: "nothing" });
    await assert.rejects(verifyLog(edited, head, keys), refused(new RegExp(`entry ${k} `)));
  }
  const cut = { ...head, size: 5, hash: entries[4]!.hash };
  await assert.rejects(verifyLog(entries.slice(0, 5), cut, keys), refused(/signature is wrong/));
  assert.throws(
    () => verifyInclusion(entries, { ...signatures, manifest: "0".repeat(64) }),
    VerificationError,
  );
  assert.throws(() => verifyInclusion(entries, { ...signatures, logIndex: 2 }), VerificationError);
});

Deno.test("nothing is signed with a key at a time at which it does not count", async () => {
  const clock = { now: new Date() };
  await using lab = await startRegistry({ now: () => clock.now });
  clock.now = new Date(clock.now.getTime() - 3600_000);
  await assert.rejects(lab.upload("aa", "1.0.0"), /tryAgain.*clock was set back/);
  clock.now = new Date(clock.now.getTime() + 3600_000);
  await lab.upload("aa", "1.0.0");
  assert.equal(await verifyVersion(await fetched(lab)), "unverified");
});
