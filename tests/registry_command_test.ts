// millrace registry: every command, on a folder and against a running server.
import assert from "node:assert/strict";
import { join } from "node:path";
import { main, memoryIo } from "@millrace/cli";
import { registryProgram } from "@millrace/registry-server/cli";
import { createToken, createUser, openRegistry } from "@millrace/registry-server";
import { CERT, KEY } from "./_certificate.ts";
import { startRegistry } from "./_registry.ts";

async function millrace(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = memoryIo();
  const code = await main(["registry", ...args], io);
  return { code, out: io.stdout, err: io.stderr };
}

async function done(...args: string[]): Promise<string> {
  const { code, out, err } = await millrace(...args);
  assert.equal(code, 0, `${args.join(" ")}: ${err}`);
  return out;
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "millrace_command_" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Words of all commands that do something. */
function commands(): string[][] {
  interface Node {
    name(): string;
    commands: readonly Node[];
  }
  const walk = (node: Node, path: string[]): string[][] =>
    node.commands.length === 0 ? [path] : node.commands.flatMap((each) => walk(each, [...path, each.name()]));
  return walk(registryProgram(memoryIo()), []);
}

Deno.test("every command of the registry has help with examples", async () => {
  const all = commands();
  assert(all.length > 18, `${all.length}`);
  for (const words of all) {
    const { code, out, err } = await millrace(...words, "--help");
    assert.deepEqual([code, err], [0, ""], words.join(" "));
    assert.match(out, new RegExp(`^Usage: millrace registry ${words.join(" ")}`));
    assert.match(out, new RegExp(`Examples:\n  millrace registry ${words.join(" ")}`), words.join(" "));
  }
  const overview = await done("--help");
  assert.match(overview, /A first look:\n {2}millrace registry serve/);
  const io = memoryIo();
  assert.equal(await main(["help", "registry"], io), 0);
  assert.equal(io.stdout, overview);
});

Deno.test("what is not understood is told with the remedy and code 2", async () => {
  await withFolder(async (folder) => {
    const cases: [args: string[], message: RegExp][] = [
      [[], /^Usage: millrace registry/],
      [["srve"], /Unknown command "srve"; did you mean "serve"\? See millrace registry --help/],
      [["scope", "create", "lab"], /give either --data FOLDER or --url ORIGIN/],
      [
        ["scope", "list", "--data", folder],
        /There is no registry in ".*"; make one with millrace registry serve/,
      ],
      [
        ["scope", "list", "--url", "lab"],
        /Cannot use "lab" as a registry: write a scheme, a host and a port/,
      ],
      [["serve"], /Required option "--data <folder>" not specified.* See millrace registry serve --help/],
      [["serve", "--data", folder, "--port", "x"], /Cannot use "x" as --port/],
      [
        ["serve", "--data", folder, "--limit", "speed=1"],
        /Cannot set the limit "speed": the limits are uploadBytes/,
      ],
      [["serve", "--data", folder, "--limit", "files=0"], /Cannot use "0" as the limit files/],
      [["serve", "--data", folder, "--tls-cert", "x"], /give both --tls-cert and --tls-key/],
      [["serve", "--data", folder, "--upstream", "ftp://x"], /Cannot use "ftp:\/\/x" as upstream registry/],
      [["serve", "--data", folder, "--port", "0", "--public-url", "http://a/b"], /without a path/],
      [["yank", "hits", "--reason", "x", "--data", folder], /Cannot read "hits": write @scope\/name@version/],
      [
        ["yank", "@lab/hits@1.0.0", "--data", folder],
        /give either --reason or --undo\nSee millrace registry yank --help/,
      ],
      [
        ["token", "create", "--expires", "soon", "--data", folder],
        /Cannot read "soon": write a number of hours/,
      ],
      [["token", "create", "--action", "fly", "--data", folder], /Cannot make a token for "fly"/],
      [["token", "revoke", "x", "--data", folder], /Cannot use "x" as the id of a token/],
      [["restore", "/nowhere", "--data", `${folder}/new`], /There is no copy of a registry in "\/nowhere"/],
    ];
    for (const [args, message] of cases) {
      const { code, out, err } = await millrace(...args);
      assert.match(err, message, args.join(" "));
      assert.deepEqual([code, out], [2, ""], args.join(" "));
      assert.doesNotMatch(err, /\n\s+at /, "no stack");
    }
    const { code, err } = await millrace("scope", "list", "--url", "http://127.0.0.1:9");
    assert.equal(code, 1);
    assert.match(err, /Cannot reach the registry at http:\/\/127\.0\.0\.1:9: is it running\?/);
  });
});

Deno.test("commands do the same on a folder and against a running server", async () => {
  await using lab = await startRegistry();
  const data = join(lab.folder, "data");
  const places = {
    folder: ["--data", data],
    server: ["--url", lab.server.origin, "--token", lab.rootToken],
  };
  await lab.upload("aa", "1.0.0");
  await lab.upload("aa", "1.1.0");
  for (const [kind, place] of Object.entries(places)) {
    const scope = `${kind}-scope`;
    const run = (...args: string[]) => done(...args, ...place);
    assert.equal(await run("user", "create", kind), `User ${kind} was added\n`);
    assert.match(await run("user", "list"), new RegExp(`^${kind}$`, "m"));
    assert.match(
      await run("scope", "create", scope),
      new RegExp(`@${scope} was added; root may publish in it`),
    );
    await run("scope", "add", `@${scope}`, kind);
    await run("scope", "remove", scope, kind);
    assert.match(await run("scope", "list"), new RegExp(`^@${scope} +0$`, "m"));
    const token = await run(
      ...["token", "create", "--user", kind, "--scope", "@lab", "--package", "aa", "--version", "1.0.0"],
      ...["--action", "yank", "--expires", "2h", "--label", "a label"],
    );
    assert.match(token, /^mrt_[\w-]{43}\n$/);
    const list = await run("token", "list", "--user", kind);
    const row = /^(\d+) +\S+ +until \S+ +action yank scope lab package aa version 1\.0\.0 +a label$/m.exec(
      list,
    );
    assert(row, list);
    await run("token", "revoke", row[1]!);
    assert.match(await run("token", "list", "--user", kind), / revoked /);
    for (const verb of ["yank", "block"]) {
      assert.match(await run(verb, "@lab/aa@1.0.0", "--reason", "Wrong sign"), new RegExp(` is ${verb}ed\n`));
      assert.match(await run(verb, "@lab/aa@1.0.0", "--undo"), new RegExp(` is no longer ${verb}ed\n`));
    }
    assert.match(await run("search", "aa"), /^@lab\/aa +1\.1\.0 /m);
    await done("key", "create", join(lab.folder, `${kind}.key`));
    assert.equal((await Deno.stat(join(lab.folder, `${kind}.key`))).mode! & 0o777, 0o600);
    assert.match(await run("key", "add", "lab", join(lab.folder, `${kind}.key`)), /count in @lab/);
    assert.match(await run("key", "rotate"), /signs with the key [0-9a-f]{16} now/);
    const version = kind === "folder" ? "1.0.0" : "1.1.0";
    assert.match(
      await run("sign", `@lab/aa@${version}`, "--key", join(lab.folder, `${kind}.key`)),
      /is signed/,
    );
    const { id } = JSON.parse(await Deno.readTextFile(join(lab.folder, `${kind}.key`)));
    assert.match(await run("key", "revoke", "lab", id), /signs nothing more/);
    assert.match(await run("gc"), /^Removed 0 files\n$/);
    assert.match(
      await run("verify"),
      kind === "folder" ? /^All is well\n$/ : /and 2 versions with all files\n$/,
    );
    await run("backup", join(lab.folder, `${kind}-copy`));
    await done("restore", join(lab.folder, `${kind}-copy`), "--data", join(lab.folder, `${kind}-restored`));
    assert.equal(await done("verify", "--data", join(lab.folder, `${kind}-restored`)), "All is well\n");
  }
  const audited = JSON.parse(await done("audit", "--json", ...places.server)) as {
    actor: string;
    address: string;
  }[];
  assert(audited.some(({ actor, address }) => actor === "operator" && address === "command line"));
  assert(audited.some(({ actor, address }) => actor === "root" && address === "127.0.0.1"));
  const narrow = await millrace("user", "create", "eve", "--url", lab.server.origin, "--token", lab.token);
  assert.deepEqual([narrow.code, /Only an administrator may do this/.test(narrow.err)], [1, true]);
});

Deno.test("verify from outside finds a history that was rewritten, and keys that were exchanged", async () => {
  await withFolder(async (folder) => {
    const memory = join(folder, "memory");
    const url = (origin: string) => ["--url", origin, "--remember", memory];
    {
      await using lab = await startRegistry();
      await lab.upload("aa", "1.0.0");
      assert.match(await done("verify", ...url(lab.server.origin)), /log of 2 entries holds, and 1 version/);
      await lab.upload("aa", "1.1.0");
      assert.match(await done("verify", ...url(lab.server.origin)), /log of 3 entries holds, and 2 versions/);
      const remembered = JSON.parse(await Deno.readTextFile(memory));
      const other = { ...remembered, head: { size: 2, hash: "0".repeat(64) } };
      await Deno.writeTextFile(memory, JSON.stringify(other));
      const rewritten = await millrace("verify", ...url(lab.server.origin));
      assert.match(rewritten.err, /its log no longer has the entry 1 that it had before/);
      await Deno.writeTextFile(memory, JSON.stringify(remembered));
      const unsigned = await millrace(
        ...["verify", "@lab/aa@1.0.0", "--url", lab.server.origin],
        ...["--publisher-key", "A".repeat(43) + "="],
      );
      assert.match(unsigned.err, /none of the publisher's keys that were given signed it/);
    }
    await using other = await startRegistry();
    const exchanged = await millrace("verify", ...url(other.server.origin));
    assert.equal(exchanged.code, 1);
    assert.match(exchanged.err, /its key [0-9a-f]{16} is no longer what it was/);
  });
});

Deno.test("a copy that is damaged is not restored, and damage in a folder is named", async () => {
  await using lab = await startRegistry();
  await lab.upload("aa", "1.0.0");
  const copy = join(lab.folder, "copy");
  await done("backup", copy, "--data", join(lab.folder, "data"));
  const { sha256 } = lab.registry.db.get<{ sha256: string }>(
    "SELECT sha256 FROM file WHERE path = '/mod.ts'",
  )!;
  const file = join(copy, "blobs", sha256.slice(0, 2), sha256.slice(2));
  await Deno.writeTextFile(file, "something else");
  const restored = await millrace("restore", copy, "--data", join(lab.folder, "new"));
  assert.equal(restored.code, 1);
  assert.match(restored.err, /@lab\/aa@1\.0\.0: Cannot read blob .*: its bytes have changed/);
  const verified = await millrace("verify", "--data", copy);
  assert.equal(verified.code, 1);
  assert.match(verified.err, /its bytes have changed.*\n.*is damaged: restore a backup/s);
  const over = await millrace("restore", copy, "--data", join(lab.folder, "data"));
  assert.match(over.err, /there is a registry; name another folder/);
});

Deno.test("a registry is served over TLS", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "cert.pem"), CERT);
    await Deno.writeTextFile(join(folder, "key.pem"), KEY);
    const io = memoryIo();
    const running = main([
      ...["registry", "serve", "--data", join(folder, "data"), "--port", "0", "--host", "localhost"],
      ...["--tls-cert", join(folder, "cert.pem"), "--tls-key", join(folder, "key.pem")],
    ], io);
    while (!io.stdout.includes("Listening")) await new Promise((go) => setTimeout(go, 10));
    const origin = /Listening on (https:\/\/localhost:\d+)\n/.exec(io.stdout)![1]!;
    using client = Deno.createHttpClient({ caCerts: [CERT] });
    const response = await fetch(`${origin}/api/ready`, { client });
    assert.deepEqual(await response.json(), { status: "ready" });
    io.send("SIGTERM");
    assert.equal(await running, 0);
    assert.match(io.stderr, /"event":"stopping"/);
  });
});

Deno.test("a folder is served by one process at a time, and the first token is shown once", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "data");
    const serve = ["registry", "serve", "--data", data, "--port", "0"];
    const io = memoryIo();
    const running = main(serve, io);
    while (!io.stdout.includes("Listening")) await new Promise((go) => setTimeout(go, 10));
    assert.match(io.stdout, /shown this once: mrt_/);
    const second = await millrace(...serve.slice(1));
    assert.equal(second.code, 1);
    assert.match(second.err, /another process serves this folder; stop it first/);
    io.send("SIGINT");
    assert.equal(await running, 0);
    const again = memoryIo();
    const restarted = main(serve, again);
    while (!again.stdout.includes("Listening")) await new Promise((go) => setTimeout(go, 10));
    assert.doesNotMatch(again.stdout, /mrt_/);
    again.send("SIGTERM");
    assert.equal(await restarted, 0);
  });
});

Deno.test("behind another server, clients are told apart by X-Forwarded-For, and found by the public URL", async () => {
  await using lab = await startRegistry({
    trustProxy: true,
    publicUrl: "https://plugins.example",
    limits: { rate: 0.1, burst: 2 },
  });
  const ask = async (client: string) => {
    const response = await fetch(`http://127.0.0.1:${lab.server.port}/api/health`, {
      headers: { "x-forwarded-for": `6.6.6.6, ${client}` },
    });
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual([await ask("1.1.1.1"), await ask("1.1.1.1"), await ask("1.1.1.1")], [200, 200, 429]);
  assert.equal(await ask("2.2.2.2"), 200);
  const api = await (await fetch(`http://127.0.0.1:${lab.server.port}/api/openapi.json`, {
    headers: { "x-forwarded-for": "3.3.3.3" },
  })).json();
  assert.equal(api.servers[0].url, "https://plugins.example/api");
});

Deno.test("tokens never outlive the one that they were made with, nor its revocation", async () => {
  const clock = { now: new Date("2026-01-01T00:00:00Z") };
  await using lab = await startRegistry({ now: () => clock.now });
  const hour = new Date(clock.now.getTime() + 3600_000);
  const short = createToken(lab.registry, lab.ada, { expiresAt: hour });
  const make = async (token: string, expiresAt?: string) => {
    const response = await lab.api("POST", "/tokens", {
      token,
      body: { permissions: [{ scope: "lab" }], ...expiresAt && { expiresAt } },
    });
    return await response.json() as { id: number; token: string };
  };
  const child = await make(short.token, "2030-01-01T00:00:00Z");
  const grandchild = await make(child.token);
  const list = await (await lab.api("GET", "/tokens", { token: lab.token })).json() as {
    id: number;
    expiresAt: string;
  }[];
  for (const { id } of [child, grandchild]) {
    assert.equal(list.find((each) => each.id === id)!.expiresAt, hour.toISOString());
  }
  const state = async (token: string) => {
    const response = await lab.api("GET", "/user", { token });
    return (await response.json()).code ?? "valid";
  };
  assert.equal(await state(grandchild.token), "valid");
  await lab.api("DELETE", `/tokens/${short.id}`, { token: lab.token });
  assert.equal(await state(grandchild.token), "revokedToken");
  const stolen = createToken(lab.registry, createUser(lab.registry, "eve"));
  assert.equal(
    (await lab.api("DELETE", `/tokens/${stolen.id}`, { token: lab.token })).status,
    404,
    "another's",
  );
  assert.equal((await lab.api("DELETE", `/tokens/${stolen.id}`, { token: lab.rootToken })).status, 204);
  const other = await lab.api("POST", "/tokens", {
    token: lab.token,
    body: { permissions: [{}], user: "root" },
  });
  assert.equal(other.status, 403, "only administrators make tokens of others");
  await other.body?.cancel();
});

Deno.test("a folder of a newer release is not touched", async () => {
  await withFolder(async (folder) => {
    {
      using registry = await openRegistry({ data: folder });
      registry.db.run("PRAGMA user_version = 99");
    }
    const { code, err } = await millrace("user", "list", "--data", folder);
    assert.equal(code, 2);
    assert.match(err, /it has version 99 and this release knows \d+; use a newer release/);
  });
});

Deno.test("a port, a folder or a key file that is taken, and a key that is missing, are named with the remedy", async () => {
  await withFolder(async (folder) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = String(taken.addr.port), file = join(folder, "file"), key = join(folder, "publisher.key");
    await Deno.writeTextFile(file, "");
    await done("key", "create", key);
    const before = await Deno.readTextFile(key);
    const cases: [args: string[], message: RegExp][] = [
      [
        ["serve", "--data", join(folder, "data"), "--port", port],
        new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${port}: another program does; .*--port`),
      ],
      [
        ["serve", "--data", file, "--port", "0"],
        /Cannot use ".*file" as a registry: it is a file; give a folder/,
      ],
      [["key", "create", key], /Cannot write the key ".*publisher\.key": it is there already.*another name/],
      [
        ["key", "add", "lab", join(folder, "none.key"), "--url", "http://127.0.0.1:9"],
        /Cannot find the key ".*none\.key": check the path, or make one with millrace registry key create/,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await millrace(...args);
      assert.equal(code, 1, args.join(" "));
      assert.match(err, message);
    }
    assert.equal(await Deno.readTextFile(key), before);
  });
});
