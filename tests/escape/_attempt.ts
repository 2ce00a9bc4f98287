// One attack by an installed plugin, and what has to hold afterwards whatever it was.

import assert from "node:assert/strict";
import { Context } from "@millrace/core/context";
import { PipelineError } from "@millrace/core/errors";
import { schema } from "@millrace/core/schema";
import { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import {
  type Limit,
  sandboxedPlugin,
  type SandboxOptions,
  SandboxViolation,
  type VendoredPlugin,
} from "@millrace/executor/sandbox";
import { moduleOf } from "../../packages/executor/sandbox/_vendor_testing.ts";
import { install, openShop, Refused, type Shop } from "./_install.ts";

/** What a plugin tries, and how that has to end. */
export interface Attack {
  readonly name: string;
  /** Code of its module, before the plugin. `SECRET`, `PORT`, `HOST` stand for a file, a port of the host and its process. */
  readonly before?: string;
  /** Code in `computeChunk`. */
  readonly inside?: string;
  /** Its module, instead of one with these. */
  readonly module?: string;
  readonly more?: Partial<VendoredPlugin>;
  readonly options?: SandboxOptions;
  /** Whether its text is not let through by the registry or the installer. */
  readonly isRefused?: boolean;
  readonly end: End;
  /** Looked at when it is over. */
  readonly check?: (world: World) => void | Promise<void>;
}

/** A violation of a limit, what the plugin or its sandbox died of, or that nothing came of it: with a notice. */
export type End =
  | { readonly violates: Limit; readonly says?: RegExp }
  | { readonly fails: RegExp }
  | { readonly computes: RegExp | undefined };

/** What the attacks are after. */
export interface World {
  readonly secret: string;
  readonly port: number;
  readonly requests: readonly string[];
}

const NAME = "@evil/plugin";
const SECRET = "the secret of the host";
const N = 40;
const rows = Table.from(schema({ time: "time" }), { time: Array.from({ length: N }, (_, k) => BigInt(k)) });

/** Part of the names of the attacks that are tried; the others are left out. */
const ONLY = Deno.env.get("MILLRACE_ESCAPE") ?? "";

/**
 * Tries the attacks of a table, each by a plugin that is published with `deno publish` and added with `millrace plugin add`. What
 * the registry or the installer does not let through is tried once more as if they had.
 */
export function testAttacks(topic: string, attacks: readonly Attack[]): void {
  Deno.test(topic, async (t) => {
    await using shop = await openShop();
    await using good = await install("@good/plugin@1.0.0", { "mod.ts": moduleOf() });
    for (const attack of attacks) {
      if (attack.name.includes(ONLY)) await t.step(attack.name, () => attempt(attack, shop, good));
    }
  });
}

async function attempt(attack: Attack, shop: Shop, good: VendoredPlugin): Promise<void> {
  const temporary = await Deno.makeTempDir({ prefix: "escape-" });
  const secret = `${temporary}/secret.json`;
  const requests: string[] = [];
  await Deno.writeTextFile(secret, JSON.stringify(SECRET));
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    requests.push(request.url);
    return new Response(`export default "${SECRET}"`, { headers: { "content-type": "text/javascript" } });
  });
  const { port } = server.addr as Deno.NetAddr;
  await Deno.mkdir(`${temporary}/tmp`);
  const lines: string[] = [];
  try {
    const fill = (text: string) =>
      text.replaceAll("SECRET", secret).replaceAll("PORT", String(port)).replaceAll("HOST", String(Deno.pid));
    const text = attack.module ?? moduleOf({ before: attack.before ?? "", inside: attack.inside ?? "" });
    const more = JSON.parse(fill(JSON.stringify(attack.more ?? {}))) as Partial<VendoredPlugin>;
    const files = { "mod.ts": fill(text) };
    let isRefused = false;
    await using installed = await shop.add(NAME, files, more).catch((error) => {
      if (!(error instanceof Refused)) throw error;
      assert.deepEqual(requests, [], "a request was made");
      isRefused = true;
      return install(`${NAME}@6.6.6`, files, more);
    });
    assert.equal(isRefused, attack.isRefused ?? false, "refused in its text");
    const onLine = (line: string) => void lines.push(line);
    let beats = 0;
    const heart = setInterval(() => beats++, 10);
    const began = performance.now();
    const { error, notices, pids } = await runOnce(installed, {
      onLine,
      temporary: `${temporary}/tmp`,
      ...attack.options,
    });
    const elapsed = performance.now() - began;
    clearInterval(heart);
    // The host was not held up.
    assert.ok(beats >= elapsed / 250 - 1, `the host's event loop turned ${beats} times in ${elapsed} ms`);
    checkEnd(attack.end, error, notices);
    // Nothing came out, by whatever way.
    const told = [Deno.inspect(error, { depth: 9 }), ...notices, ...lines].join("\n");
    assert.ok(!told.includes(SECRET), "the secret came out");
    assert.deepEqual(requests, [], "a request was made");
    for (const pid of pids) {
      await assert.rejects(Deno.stat(`/proc/${pid}`), Deno.errors.NotFound, `process ${pid} is left`);
    }
    await attack.check?.({ secret, port, requests });
    assert.equal(JSON.parse(await Deno.readTextFile(secret)), SECRET);
    // The next one is served.
    const next = await runOnce(good, { temporary: `${temporary}/tmp` });
    assert.equal(next.error, undefined);
    const left = await Array.fromAsync(Deno.readDir(`${temporary}/tmp`), ({ name }) => name);
    assert.deepEqual(left, [], "files are left");
  } finally {
    await server.shutdown();
    await Deno.remove(temporary, { recursive: true });
  }
}

/** Runs a plugin; what it gave was checked. */
export async function runOnce(
  installed: VendoredPlugin,
  options: SandboxOptions,
): Promise<{ error: unknown; notices: readonly string[]; pids: readonly number[] }> {
  const pids: number[] = [];
  const notices: string[] = [];
  try {
    await using plugin = await sandboxedPlugin(installed, options);
    pids.push(...plugin.pids());
    await using ctx = new Context({
      onEvent: (event) => {
        if (event.type === "notice") notices.push(event.text);
      },
    });
    ctx.register(tableSource("rows", rows), plugin);
    const data = await ctx.getData("run_1", "doubled", { chunkSize: 20 });
    if (options.onViolation !== "skip") {
      assert.deepEqual([...data.get("value", "f64")], Array.from({ length: N }, (_, k) => 2 * k));
    }
    pids.push(...plugin.pids());
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return { error, notices, pids };
  }
  return { error: undefined, notices, pids };
}

function checkEnd(end: End, error: unknown, notices: readonly string[]): void {
  if ("computes" in end) {
    assert.equal(error, undefined, Deno.inspect(error));
    if (end.computes) assert.match(notices.join("\n"), end.computes);
    return;
  }
  assert.ok(error instanceof Error, `it ended well; it said ${notices.join("; ")}`);
  const cause = error instanceof PipelineError ? error.cause as Error : error;
  if ("violates" in end) {
    assert.ok(cause instanceof SandboxViolation, Deno.inspect(cause));
    assert.equal(cause.limit, end.violates, cause.message);
    assert.ok(cause.plugin.startsWith(NAME), cause.plugin);
    assert.ok(cause.message.includes(NAME), cause.message);
    if (end.says) assert.match(cause.message, end.says);
    return;
  }
  assert.match(cause.message, end.fails);
  if (!(error instanceof PipelineError)) assert.ok(error.message.includes(NAME), error.message);
  else assert.equal(error.plugin, "doubled");
}
