import assert from "node:assert/strict";
import { killed, signalIfRunning } from "./_signal.ts";

const windows = Deno.build.os === "windows";
const spawn = (code: string) =>
  new Deno.Command(Deno.execPath(), { args: ["eval", code], stdin: "null", stderr: "null" }).spawn();

Deno.test({
  ignore: windows,
  name: "signalIfRunning() and killed() tell a process that was killed from one that had ended",
  async fn() {
    const waits = spawn("setInterval(() => {}, 1000)");
    assert.ok(signalIfRunning(waits, "SIGTERM"));
    assert.equal((await waits.status).signal, "SIGTERM");
    assert.ok(!signalIfRunning(waits, "SIGTERM"));
    assert.ok(await killed(spawn("setInterval(() => {}, 1000)")));
    const ended = spawn("");
    await ended.status;
    assert.ok(!await killed(ended));
  },
});

Deno.test({
  ignore: windows,
  name: "killed() and signalIfRunning() hide no failure",
  async fn() {
    const failed = spawn("Deno.exit(3)");
    await failed.status;
    await assert.rejects(killed(failed), { message: "The process ended with 3 before it was killed" });
    const waits = spawn("setInterval(() => {}, 1000)");
    assert.throws(() => signalIfRunning(waits, "SIGNONE" as Deno.Signal));
    assert.ok(await killed(waits));
  },
});
