// Uploads that are too large, too slow, cut off or made to do harm.
import assert from "node:assert/strict";
import { packTar } from "modern-tar";
import { collectGarbage } from "../packages/registry-server/maintenance/collect_garbage.ts";
import { verifyData } from "../packages/registry-server/maintenance/verify_data.ts";
import { archiveOf, gzip } from "../packages/registry-server/rules/_fixture_testing.ts";
import { type Fixture, startRegistry } from "./_registry.ts";

const PATH = "/api/scopes/lab/packages/good/versions/1.0.0";

/** Send a body in parts over a connection of its own, and read the answer. */
async function raw(lab: Fixture, head: string, parts: AsyncIterable<Uint8Array>): Promise<string> {
  const { port } = new URL(lab.server.origin);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const answer = (async () => {
    let text = "";
    const buffer = new Uint8Array(4096);
    try {
      for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
        text += new TextDecoder().decode(buffer.subarray(0, n));
        if (text.includes("\r\n\r\n") && /"message":/.test(text)) return text;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
    return text;
  })();
  const lines = [`POST ${PATH} HTTP/1.1`, "Host: x", `Authorization: Bearer ${lab.token}`, head, "", ""];
  await connection.write(new TextEncoder().encode(lines.join("\r\n")));
  const sent = (async () => {
    for await (const part of parts) {
      for (let at = 0; at < part.length;) at += await connection.write(part.subarray(at));
    }
  })().catch((error: unknown) => {
    // The answer may come, and the connection be closed, before all is sent.
    const { BrokenPipe, ConnectionReset, Interrupted, BadResource } = Deno.errors;
    if (![BrokenPipe, ConnectionReset, Interrupted, BadResource].some((kind) => error instanceof kind)) {
      throw error;
    }
  });
  const text = await answer;
  connection.close();
  await sent;
  return text;
}

async function* chunked(sizes: Iterable<number>): AsyncGenerator<Uint8Array> {
  for (const size of sizes) {
    const head = new TextEncoder().encode(`${size.toString(16)}\r\n`);
    const part = new Uint8Array(head.length + size + 2).fill(120);
    part.set(head);
    part.set([13, 10], head.length + size);
    yield part;
  }
}

function unfinished(lab: Fixture): string[] {
  return [...Deno.readDirSync(lab.registry.temporary)].map(({ name }) => name);
}

function nothingIsLeft(lab: Fixture): void {
  assert.deepEqual(unfinished(lab), []);
  assert.equal(lab.registry.db.get<{ n: number }>("SELECT count(*) AS n FROM version")!.n, 0);
}

Deno.test("an upload that announces too much is refused before it is sent", async () => {
  await using lab = await startRegistry({ limits: { uploadBytes: 1000 } });
  const answer = await raw(lab, "Content-Length: 1001", chunked([]));
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(answer, /uploadTooLarge/);
  nothingIsLeft(lab);
});

Deno.test("an upload that announces nothing is stopped at the limit", async () => {
  await using lab = await startRegistry({ limits: { uploadBytes: 100_000 } });
  let sent = 0;
  const endless = (function* () {
    for (; sent < 50_000_000; sent += 10_000) yield 10_000;
  })();
  const answer = await raw(lab, "Transfer-Encoding: chunked", chunked(endless));
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert(sent < 20_000_000, `${sent} bytes were taken`);
  nothingIsLeft(lab);
});

Deno.test("stock deno publish says what to change about a package that is too large", async () => {
  await using lab = await startRegistry({ limits: { uploadBytes: 1_000_000 } });
  const noise = crypto.getRandomValues(new Uint8Array(60_000)).toHex();
  const config = { name: "@lab/good", version: "1.0.0", license: "MIT", exports: "./mod.ts" };
  const cwd = await lab.write("large", {
    "deno.json": JSON.stringify(config),
    "mod.ts": "/** A. */\nexport const a: number = 1;\n",
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, k) => [`${k}.txt`, noise.slice(k) + noise.slice(0, k)]),
    ),
  });
  const { code, err } = await lab.deno(cwd, ["publish", "--allow-dirty", "--token", lab.token]);
  assert.notEqual(code, 0);
  assert.match(err, /more than 1000000 bytes; leave files out with "publish\.exclude"/);
  nothingIsLeft(lab);
});

Deno.test("an upload that stalls is given up, and holds nothing up", async () => {
  await using lab = await startRegistry({ limits: { uploadIdle: 300 } });
  const body = await archiveOf({});
  const half = (async function* () {
    yield body.subarray(0, body.length >> 1);
  })();
  const stalled = Array.from({ length: 20 }, () => raw(lab, `Content-Length: ${body.length}`, half));
  const good = await fetch(`${lab.server.origin}${PATH}`, {
    method: "POST",
    headers: { authorization: `Bearer ${lab.token}` },
    body,
  });
  assert.equal(good.status, 200, await good.text());
  for (const answer of await Promise.all(stalled)) {
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, /uploadTooSlow/);
  }
  assert.deepEqual(unfinished(lab), []);
});

Deno.test("a client that does not go away does not keep the server from stopping", async () => {
  const lab = await startRegistry({ limits: { uploadBytes: 1000 }, grace: 200 });
  const { port } = new URL(lab.server.origin);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const head =
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${lab.token}\r\nContent-Length: 1001\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  await connection.read(new Uint8Array(4096));
  await lab[Symbol.asyncDispose]();
});

Deno.test("an upload whose client goes away leaves nothing", async () => {
  await using lab = await startRegistry({ limits: { uploadIdle: 2000 } });
  const { port } = new URL(lab.server.origin);
  {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const head =
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${lab.token}\r\nContent-Length: 1000\r\n\r\n`;
    await connection.write(new TextEncoder().encode(`${head}half of it`));
    while (unfinished(lab).length === 0) {
      await new Promise((go) => setTimeout(go, 5));
    }
  }
  while (unfinished(lab).length > 0) {
    await new Promise((go) => setTimeout(go, 5));
  }
  nothingIsLeft(lab);
});

Deno.test("archives that inflate without end, or lie about sizes, are stopped", async () => {
  await using lab = await startRegistry();
  const send = async (body: Uint8Array<ArrayBuffer>) => {
    const response = await fetch(`${lab.server.origin}${PATH}`, {
      method: "POST",
      headers: { authorization: `Bearer ${lab.token}` },
      body,
    });
    return (await response.json() as { code: string }).code;
  };
  const header = async (size: number, name = "a.txt") => {
    const tar = await packTar([{ header: { name, size: 0, type: "file" } }]);
    const bytes = tar.slice(0, 512);
    bytes.set(new TextEncoder().encode(`${size.toString(8).padStart(11, "0")}\0`), 124);
    bytes.fill(32, 148, 156);
    const sum = bytes.reduce((total, byte) => total + byte, 0);
    bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    return bytes;
  };
  const before = Deno.memoryUsage().rss;
  const zeros = new Uint8Array(100_000_000);
  assert.equal(await send(await gzip(zeros)), "unpackedTooLarge", "zeros alone");
  const lie = await header(10_000_000);
  assert.equal(await send(await gzip(lie)), "badArchive", "a file that is not there");
  assert.equal(await send(await gzip(await header(8 ** 11 - 1))), "fileSize", "a file of 8 GiB");
  const pax = await header(90_000_000, "PaxHeader");
  pax[156] = "x".charCodeAt(0);
  const sum = pax.fill(32, 148, 156).reduce((total, byte) => total + byte, 0);
  pax.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  const bomb = new Uint8Array(512 + 90_000_000);
  bomb.set(pax);
  assert.equal(await send(await gzip(bomb)), "unpackedTooLarge", "an extended header of 90 MB");
  assert(Deno.memoryUsage().rss - before < 600_000_000);
  const tail = await archiveOf({});
  assert.equal(
    await send(new Uint8Array([...tail.subarray(0, tail.length - 8), 0, 0, 0, 0, 0, 0, 0, 0])),
    "badArchive",
  );
  nothingIsLeft(lab);
});

Deno.test("200 packages are published at once", async () => {
  await using lab = await startRegistry({ limits: { burst: 1000 } });
  const statuses = await Promise.all(Array.from({ length: 200 }, async (_, k) => {
    const response = await fetch(`${lab.server.origin}/api/scopes/lab/packages/p${k}x/versions/1.0.0`, {
      method: "POST",
      headers: { authorization: `Bearer ${lab.token}` },
      body: await archiveOf({ config: { name: `@lab/p${k}x` } }),
    });
    const text = await response.text();
    return response.status === 200 ? 200 : text;
  }));
  assert.deepEqual(statuses.filter((status) => status !== 200), []);
  const { entries } = await (await lab.api("GET", "/log")).json();
  assert.equal(entries.filter(({ kind }: { kind: string }) => kind === "publish").length, 200);
});

Deno.test("of uploads of one version at once, one is published and the others are told so", async () => {
  await using lab = await startRegistry();
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, k) => {
    const response = await fetch(`${lab.server.origin}${PATH}`, {
      method: "POST",
      headers: { authorization: `Bearer ${lab.token}` },
      body: await archiveOf({ mod: `export const k: number = ${k};\n` }),
    });
    return { ...await response.json() as { code?: string }, k, status: response.status };
  }));
  const published = answers.filter(({ status }) => status === 200);
  assert.equal(published.length, 1);
  assert(answers.every(({ status, code }) => status === 200 || code === "duplicateVersionPublish"));
  const text = await (await fetch(`${lab.server.origin}/@lab/good/1.0.0/mod.ts`)).text();
  assert.equal(text, `export const k: number = ${published[0]!.k};\n`);
  const { entries } = await (await lab.api("GET", "/log")).json();
  assert.equal(entries.filter(({ kind }: { kind: string }) => kind === "publish").length, 1);
});

Deno.test("collecting garbage beside publishing takes nothing that is published", async () => {
  await using lab = await startRegistry();
  const stop = new AbortController();
  const collecting = (async () => {
    while (!stop.signal.aborted) {
      await collectGarbage(lab.registry, 0);
      await new Promise((go) => setTimeout(go, 20));
    }
  })();
  let again = 0;
  for (let k = 0; k < 30; k++) {
    const response = await fetch(`${lab.server.origin}/api/scopes/lab/packages/good/versions/1.0.${k}`, {
      method: "POST",
      headers: { authorization: `Bearer ${lab.token}` },
      body: await archiveOf({ entries: [{ path: "same.txt", text: "the same in all" }] }),
    });
    const text = await response.text();
    if (response.status === 503 && /"tryAgain"/.test(text)) again++;
    else assert.equal(response.status, 200, text);
  }
  stop.abort();
  await collecting;
  assert(again < 30, "some are published");
  assert.deepEqual(await verifyData(lab.registry), []);
});
