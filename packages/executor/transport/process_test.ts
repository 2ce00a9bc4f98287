import fc from "fast-check";
import assert from "node:assert/strict";
import { startProcess, type TestProcess } from "./_process_testing.ts";
import { Op } from "./messages.ts";
import { ProcessError, processTransport } from "./process.ts";
import type { WorkerEnd } from "./transport.ts";

const posix = Deno.build.os !== "windows";
const onLinux = Deno.build.os === "linux";
/** Asserts with the message of the end's error. */
async function endOf(process: TestProcess, kind: WorkerEnd["kind"], how: RegExp): Promise<ProcessError> {
  const end = await process.ended;
  assert.equal(end.kind, kind, end.how);
  assert.match(end.how, how);
  assert.ok(end.error instanceof ProcessError);
  return end.error;
}

function isAlive(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Like `isAlive()`, but not for a zombie. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || (error as Error).message.includes("os error 3")) {
      return false;
    }
    throw error;
  }
}

async function pidOf(process: TestProcess): Promise<number> {
  return await process.call("() => Deno.pid") as number;
}

function test(name: string, run: () => Promise<void>, ignore = !posix): void {
  Deno.test({ name, fn: run, ignore });
}

test("a process gives back any value", async () => {
  await using process = startProcess();
  const views = fc.oneof(
    fc.float64Array({ maxLength: 1000 }),
    fc.uint16Array({ maxLength: 3000 }),
    fc.bigInt64Array({ maxLength: 600 }),
  );
  const values = fc.array(fc.oneof(views, fc.anything({ withBigInt: true, withDate: true, withMap: true })));
  await fc.assert(
    fc.asyncProperty(values, async (value) => {
      const expected = structuredClone(value);
      assert.deepEqual(await process.call("(x) => x", value), expected);
    }),
    { numRuns: 30 },
  );
});

test("shared memory is copied there and back", async () => {
  await using process = startProcess();
  const shared = new Float32Array(new SharedArrayBuffer(400_000)).fill(1.5);
  const source = `(x) => {
    const y = new Float32Array(new SharedArrayBuffer(x.byteLength));
    y.set(x);
    return [x.buffer instanceof ArrayBuffer, y];
  }`;
  const [isPlain, array] = await process.call(source, shared) as [boolean, Float32Array];
  assert.ok(isPlain && array.buffer instanceof ArrayBuffer);
  assert.deepEqual(array, Float32Array.from(shared));
});

test("large frames go both ways at once", async () => {
  await using process = startProcess();
  const inputs = Array.from({ length: 6 }, (_, i) => new Uint32Array(2_000_000).fill(i));
  const outputs = await Promise.all(
    inputs.map((input) =>
      process.call("async (x) => { await 0; return { x, y: x.map((v) => v + 1) }; }", input)
    ),
  );
  for (const [i, output] of outputs.entries()) {
    const { x, y } = output as Record<"x" | "y", Uint32Array>;
    assert.deepEqual([x.length, x[0], x.at(-1)], [2_000_000, i, i]);
    assert.ok(y.every((value) => value === i + 1));
  }
});

test("buffers that are transferred are detached on both sides", async () => {
  await using process = startProcess();
  const array = Float64Array.from({ length: 4000 }, (_, i) => i);
  const small = new Uint8Array([1, 2]);
  const source = `(input, context) => {
    const { array } = input;
    context.transfer(array.buffer);
    setTimeout(() => globalThis.left = array.length, 0);
    return input;
  }`;
  const result = await process.call(source, { array, small }, [array.buffer, small.buffer]) as {
    array: Float64Array;
  };
  assert.deepEqual([array.length, small.length], [0, 0]);
  assert.equal(result.array[3999], 3999);
  assert.equal(await process.call("() => new Promise((r) => setTimeout(() => r(globalThis.left), 5))"), 0);
});

test("send() throws for what can't be sent, and sends nothing then", async () => {
  await using process = startProcess();
  const buffer = new ArrayBuffer(10);
  assert.throws(() => process.connection.send([1, () => {}], [buffer]), { name: "DataCloneError" });
  assert.throws(() => process.connection.send([1, buffer], [buffer, buffer]), { name: "DataCloneError" });
  assert.equal(buffer.byteLength, 10);
  buffer.transfer();
  assert.throws(() => process.connection.send([1], [buffer]), /transferred before/);
  assert.equal(await process.call("() => 1"), 1);
});

test("nothing that a task prints gets among the frames", async () => {
  const lines: string[] = [];
  await using process = startProcess({ onLine: (line, worker) => lines.push(`${worker}: ${line}`) });
  const source = `async () => {
    const bytes = (text) => new TextEncoder().encode(text + "\\n");
    console.log("console");
    await Deno.stdout.write(bytes("write"));
    Deno.stdout.writeSync(bytes("writeSync"));
    (await import("node:process")).stdout.write("process.stdout\\n");
    (await import("node:fs")).writeSync(1, "descriptor 1\\n");
    await new Deno.Command("/bin/echo", { args: ["child"], stdout: "inherit" }).spawn().status;
    const nested = new Worker("data:text/javascript,console.log('nested'); postMessage(0)", { type: "module" });
    await new Promise((resolve) => nested.onmessage = resolve);
    nested.terminate();
    return [await Deno.stdin.read(new Uint8Array(8)), new Uint8Array(100_000).fill(7)];
  }`;
  const [stdin, array] = await process.call(source) as [unknown, Uint8Array];
  assert.equal(stdin, null);
  assert.ok(array.length === 100_000 && array.every((value) => value === 7));
  await process.connection.stop();
  const printed = ["console", "write", "writeSync", "process.stdout", "descriptor 1", "child", "nested"];
  assert.deepEqual(lines.sort(), printed.map((line) => `3: ${line}`).sort());
});

test("memory() is the resident memory of the process", async () => {
  await using process = startProcess();
  await process.ready;
  const before = process.connection.memory()!;
  await process.call("() => { globalThis.kept = new Uint8Array(64 << 20).fill(1); }");
  const grown = process.connection.memory()! - before;
  assert.ok(grown > 60 << 20 && grown < 200 << 20, String(grown));
  await process.connection.kill();
  assert.equal(process.connection.memory(), undefined);
}, !onLinux);

test("the environment is empty but for what is asked, and the working directory is given", async () => {
  const cwd = await Deno.realPath(await Deno.makeTempDir());
  Deno.env.set("MILLRACE_TEST_SECRET", "1");
  await using process = startProcess({ env: { ANSWER: "42" }, cwd });
  const [env, where] = await process.call("() => [Deno.env.toObject(), Deno.cwd()]") as [
    Record<string, string>,
    string,
  ];
  assert.equal(env.ANSWER, "42");
  Deno.env.delete("MILLRACE_TEST_SECRET");
  assert.equal(env.MILLRACE_TEST_SECRET, undefined);
  assert.equal(where, cwd);
  await process.connection.stop();
  await Deno.remove(cwd);
});

test("the program's lock file stays as it is, unless a flag speaks of it", async () => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/deno.json`, lock = `${folder}/deno.lock`;
  const text = '{"version":"5"}';
  await Deno.writeTextFile(config, "{}");
  await Deno.writeTextFile(lock, text);
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)));
  const load = `async () => typeof (await import("${imports["fast-check"]}")).default`;
  try {
    {
      await using process = startProcess({ config, permissions: {} });
      assert.equal(await process.call(load), "object");
    }
    {
      await using process = startProcess({ config, permissions: {}, flags: ["--frozen"] });
      await assert.rejects(process.call(load), /lockfile is out of date/);
    }
    assert.equal(await Deno.readTextFile(lock), text);
    {
      await using process = startProcess({ config, permissions: {}, flags: [`--lock=${lock}`] });
      assert.equal(await process.call(load), "object");
    }
    assert.notEqual(await Deno.readTextFile(lock), text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("permissions are those that are given", async () => {
  await using process = startProcess({ permissions: { env: ["HOME"] } });
  assert.equal(await process.call("() => Deno.permissions.querySync({ name: 'read' }).state"), "prompt");
  assert.equal(
    await process.call("() => Deno.permissions.querySync({ name: 'env', variable: 'HOME' }).state"),
    "granted",
  );
  await assert.rejects(process.call("() => Deno.readTextFileSync('/etc/hostname')"), /Requires read access/);
});

test("a task's modules resolve bare specifiers as the program does", async () => {
  await using process = startProcess();
  const source = `async () => Object.keys(await import(${
    JSON.stringify(import.meta.resolve("../../core/mod.ts"))
  }))`;
  assert.ok((await process.call(source) as string[]).includes("Context"));
  assert.equal(
    await process.call("async () => typeof (await import('fast-check')).default.assert"),
    "function",
  );
  assert.equal(await process.call("async () => typeof (await import('@millrace/core')).Context"), "function");
});

const deaths: [name: string, source: string, kind: WorkerEnd["kind"], how: RegExp][] = [
  ["Deno.exit()", "() => Deno.exit(3)", "exit", /^called Deno\.exit\(3\)$/],
  ["process.exit()", "async () => (await import('node:process')).exit(4)", "exit", /called Deno\.exit\(4\)/],
  [
    "an uncaught error",
    "() => { setTimeout(() => { throw new RangeError('boom'); }); }",
    "error",
    /uncaught error: boom/,
  ],
  [
    "a rejection nobody handles",
    "() => void Promise.reject(new Error('lost'))",
    "error",
    /uncaught error: lost/,
  ],
  ["a signal", "() => Deno.kill(Deno.pid, 'SIGKILL')", "killed", /^was killed by SIGKILL$/],
  ["process.abort()", "async () => (await import('node:process')).abort()", "killed", /SIGABRT/],
  [
    "garbage among the frames",
    "async () => void (await import('node:fs')).writeSync(4, 'This is no frame at all, or is it?')",
    "protocol",
    /expected it to begin with .* found "This is no frame/,
  ],
  [
    "a closed pipe",
    "async () => void (await import('node:fs')).closeSync(4)",
    "exit",
    /exited with code 1/,
  ],
];
for (const [name, source, kind, how] of deaths) {
  test(`${name} is noticed and told once`, async () => {
    await using process = startProcess();
    process.call(`async () => { console.error("last words"); await (${source})(); }`).catch(() => {});
    const error = await endOf(process, kind, how);
    assert.match(error.message, /^Process of worker 3 /);
    assert.match(error.stderr, /last words/);
    if (kind === "error") assert.ok(error.cause instanceof Error);
    process.connection.send([1], []);
    await process.connection.stop();
    assert.equal(process.ends(), 1);
  });
}

test("a process that runs out of heap says so", async () => {
  await using process = startProcess({ heapLimit: 40 });
  process.call("() => { const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length)); }").catch(
    () => {},
  );
  await endOf(process, "memory", /ran out of heap memory, of which it may have 40 MiB/);
});

test("kill() ends a process whatever it does, and it is gone then", async () => {
  for (const source of ["() => { for (;;); }", "() => new Promise(() => {})"]) {
    await using process = startProcess();
    const pid = await pidOf(process);
    process.call(source);
    assert.deepEqual(await process.connection.kill(), { stopped: true });
    assert.equal(isAlive(pid), false);
    assert.equal(process.ends(), 0);
  }
}, !onLinux);

test("kill() and death in the middle of a frame leave nothing behind", async () => {
  const large = new Uint8Array(64 << 20);
  for (const end of ["kill", "SIGKILL"]) {
    await using process = startProcess();
    const pid = await pidOf(process);
    process.call("(x) => x", large).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (end === "kill") await process.connection.kill();
    else {
      Deno.kill(pid, "SIGKILL");
      await endOf(process, "killed", /was killed by SIGKILL/);
    }
    assert.equal(isAlive(pid), false);
  }
}, !onLinux);

test("kill() ends a process that is starting", async () => {
  const process = startProcess();
  await process.connection.kill();
  assert.equal(process.ends(), 0);
  assert.deepEqual(process.messages, []);
});

test("stop() lets a process end by itself, and kills it when it doesn't", async () => {
  const idle = startProcess({ stopTimeout: 60_000 });
  const pid = await pidOf(idle);
  await idle.call("() => void setInterval(() => {}, 1000)");
  await idle.connection.stop();
  assert.equal(isAlive(pid), false);
  const busy = startProcess({ stopTimeout: 30 });
  const busyPid = await pidOf(busy);
  busy.call("() => { for (;;); }");
  await busy.connection.stop();
  assert.equal(isAlive(busyPid), false);
  assert.equal(idle.ends() + busy.ends(), 0);
}, !onLinux);

test("a start that fails is told with what was written", async () => {
  const cases: [Parameters<typeof startProcess>[0], RegExp, RegExp][] = [
    [{ deno: "/no/such/program" }, /exited with code 12[67]/, /not found/],
    [{ flags: ["--no-such-flag"] }, /exited with code 1/, /unexpected argument '--no-such-flag'/],
    [{ config: "/no/such/deno.json" }, /exited with code 1/, /deno\.json/],
    [{ cwd: "/no/such/folder" }, /could not be started/, /^$/],
  ];
  for (const [options, how, stderr] of cases) {
    await using process = startProcess(options);
    const error = await endOf(process, "start", how);
    assert.match(error.stderr, stderr);
    await process.connection.kill();
    assert.equal(process.ends(), 1);
  }
});

test("a start that hangs is ended", async () => {
  const program = await Deno.makeTempFile();
  await Deno.writeTextFile(program, "#!/bin/sh\necho sleeping >&2; exec sleep 60\n");
  await Deno.chmod(program, 0o755);
  await using process = startProcess({ deno: program, startTimeout: 150 });
  const error = await endOf(process, "start", /was not ready within 150 ms/);
  assert.match(error.stderr, /sleeping/);
  await Deno.remove(program);
});

test("what a process left running doesn't keep its end from being told", async () => {
  await using process = startProcess();
  const pid = await process.call(
    `() => {
      const child = new Deno.Command("/bin/sleep", { args: ["60"], stdout: "inherit" }).spawn();
      setTimeout(() => Deno.exit(1), 10);
      return child.pid;
    }`,
  ) as number;
  await endOf(process, "exit", /called Deno.exit/);
  Deno.kill(pid, "SIGKILL");
});

test("what a process sent before it ended comes first", async () => {
  await using process = startProcess();
  const source = `() => {
    setTimeout(() => Deno.kill(Deno.pid, "SIGKILL"));
    return new Uint8Array(60_000).fill(7);
  }`;
  let result: unknown;
  await process.ready;
  process.call(source).then((value) => result = value);
  await new Promise((resolve) => setTimeout(resolve));
  // This side finds the result and the end together.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  await process.ended;
  assert.deepEqual(result, new Uint8Array(60_000).fill(7));
});

test("started() is how many tasks have begun, also after the end", async () => {
  await using process = startProcess();
  assert.equal(process.connection.started(), 0);
  const pid = await pidOf(process);
  assert.equal(process.connection.started(), 1);
  const modules = ["(x) => x", "() => { for (;;); }"].map((source) =>
    `data:text/javascript,${encodeURIComponent(`export default ${source}`)}`
  );
  for (const [i, module] of modules.entries()) {
    process.connection.send([Op.define, 50 + i, module, "default"], []);
  }
  // A function runs in order only when its module is there.
  process.connection.send([Op.load, 900, 50], []);
  process.connection.send([Op.load, 901, 51], []);
  while (process.messages.flat().filter((id) => id === 900 || id === 901).length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  process.connection.send([Op.run, 902, 50, 1, 903, 51, 2, 904, 50, 3, 905, 50, 4], []);
  while (process.connection.started() !== 5) await new Promise((resolve) => setTimeout(resolve, 1));
  Deno.kill(pid, "SIGKILL");
  await process.ended;
  assert.equal(process.connection.started(), 5);
});

test("a process ends when its host is gone", async () => {
  const script = `
    import { startProcess } from ${JSON.stringify(import.meta.resolve("./_process_testing.ts"))};
    const process = startProcess();
    console.log(await process.call("() => Deno.pid"));
  `;
  const main = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(main, script);
  const host = new Deno.Command(Deno.execPath(), { args: ["run", "--allow-all", main], stdout: "piped" })
    .spawn();
  const reader = host.stdout.getReader();
  const pid = Number(new TextDecoder().decode((await reader.read()).value));
  assert.ok(pid > 0 && isAlive(pid));
  host.kill("SIGKILL");
  await host.status;
  await reader.cancel();
  // Whoever adopts it may leave it as a zombie for a while.
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
  await Deno.remove(main);
}, !onLinux);

Deno.test("processTransport() refuses options that can't be", { ignore: !posix }, () => {
  assert.throws(() => processTransport({ startTimeout: -1 }), /startTimeout -1/);
  assert.throws(() => processTransport({ heapLimit: 0.5 }), RangeError);
  assert.throws(() => processTransport({ permissions: { file: true } as never }), /permission "file"/);
});
