// From a new project to its results on a recording: published with stock Deno, installed, agreed to, run; then all by itself.
import assert from "node:assert/strict";
import { join } from "node:path";
import { createScope } from "@millrace/registry-server";
import { generateKey } from "@millrace/registry-server/client";
import { main, memoryIo } from "@millrace/cli";
import { HAS_REAL_FILE, millrace, PROCESS_PERMISSIONS, REAL_FILE, resultFolder, SKIPPED } from "./_cli.ts";
import { projectIn } from "./_plugins.ts";
import { ROOT } from "./_run_example.ts";
import { shareNpm, startRegistry } from "./_registry.ts";

Deno.test({
  name:
    `a plugin published with stock Deno is installed and run on a recording, then without the registry${SKIPPED}`,
  ignore: !HAS_REAL_FILE,
  async fn() {
    const lab = await startRegistry();
    let stopped = false;
    try {
      createScope(lab.registry, "millrace", lab.root);
      await shareNpm(join(lab.folder, "cache"));
      const core = ["publish", "--quiet", "--allow-dirty", "--token", lab.rootToken];
      assert.equal((await lab.deno(join(ROOT, "packages/core"), core)).code, 0);
      const author = join(lab.folder, "long-ones");
      const io = memoryIo();
      assert.equal(await main(["plugin", "init", author, "--scope", "lab"], io), 0, io.stderr);
      const steps: [string[], RegExp][] = [
        [["test", "--quiet"], /2 passed/],
        [["check"], /^/],
        [["lint"], /^/],
        [["publish", "--dry-run"], /Success Dry run complete/],
        [
          ["publish", "--allow-dirty", "--token", lab.token],
          /Successfully published @lab\/long-ones@0\.1\.0/,
        ],
      ];
      for (const [args, expected] of steps) {
        const { code, out, err } = await lab.deno(author, args);
        assert.equal(code, 0, `deno ${args.join(" ")}: ${out}${err}`);
        assert.match(out + err, expected);
      }
      const key = await generateKey();
      const keyFile = join(lab.folder, "publisher.key");
      await Deno.writeTextFile(keyFile, JSON.stringify(key));
      for (
        const args of [
          ["key", "add", "lab", keyFile],
          ["sign", "@lab/long-ones@0.1.0", "--key", keyFile],
        ]
      ) {
        const asked = memoryIo();
        const place = ["--url", lab.server.origin, "--token", lab.token];
        assert.equal(await main(["registry", ...args, ...place], asked), 0, asked.stderr);
      }

      const folder = join(lab.folder, "user");
      await Deno.mkdir(folder);
      const project = projectIn(folder);
      const added = await project.run(["add", "@lab/long-ones@^0.1", "--registry", lab.server.origin], ["y"]);
      assert.equal(added.code, 0, added.err);
      const run = (store: string) =>
        millrace(["run", REAL_FILE, "--run-id", "run", "--type", "long_ones", "--store", store], {
          cwd: folder,
          permissions: PROCESS_PERMISSIONS,
        });
      const first = await run("./data");
      assert.equal(first.code, 0, first.err);
      const read = async (store: string) =>
        JSON.parse(
          await Deno.readTextFile(
            join(folder, await resultFolder(folder, `${store}/run/long_ones`), "metadata.json"),
          ),
        );
      const result = await read("data");
      const { plugins } = JSON.parse(await Deno.readTextFile(project.lock));
      const { manifest } = plugins["@lab/long-ones"];
      const published = await lab.api("GET", "/scopes/lab/packages/long-ones/versions/0.1.0");
      assert.equal(`sha256-${manifest}`, (await published.json()).manifest, "the registry's own");
      assert.equal(result.lineage.manifest, manifest);
      assert(result.rows > 0);

      // The same code, trusted: the same rows.
      const config = join(ROOT, "deno.json");
      const local = join(folder, "local.ts");
      await Deno.copyFile(join(author, "mod.ts"), local);
      const trusted = await new Deno.Command(Deno.execPath(), {
        args: [
          ...[
            "run",
            "--quiet",
            "--config",
            config,
            ...PROCESS_PERMISSIONS,
            join(ROOT, "packages/cli/main.ts"),
            "run",
            REAL_FILE,
          ],
          ...[
            "--run-id",
            "run",
            "--type",
            "long_ones",
            "--store",
            "./trusted",
            "--plugin",
            local,
            "--no-installed",
          ],
        ],
        cwd: folder,
        env: { NO_COLOR: "1" },
      }).output();
      assert.equal(trusted.code, 0, new TextDecoder().decode(trusted.stderr));
      const rows = async (store: string) =>
        (await millrace(["show", store, "run", "long_ones", "--json"], { cwd: folder })).out;
      assert.equal(await rows("./data"), await rows("./trusted"));
      assert.notEqual((await read("trusted")).lineageHash, result.lineageHash, "and another lineage");

      await lab.server[Symbol.asyncDispose]();
      stopped = true;
      const alone = await run("./alone");
      assert.equal(alone.code, 0, alone.err);
      assert.equal((await read("alone")).lineageHash, result.lineageHash);
      assert.equal((await project.run(["verify"])).code, 0);
    } finally {
      if (!stopped) await lab.server[Symbol.asyncDispose]();
      lab.registry[Symbol.dispose]();
      await Deno.remove(lab.folder, { recursive: true });
    }
  },
});
