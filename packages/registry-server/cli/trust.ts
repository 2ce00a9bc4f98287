// registry key, sign
import type { Command } from "@commander-js/extra-typings";
import { generateKey, type KeyPair, sign } from "../trust/ed25519.ts";
import { versionText } from "../trust/statement.ts";
import { administrate, placed } from "./_administration.ts";
import { parseScope, parseVersion } from "./_parse.ts";
import type { Terminal } from "./_terminal.ts";

/** Add the commands on keys and signatures. */
export function addTrust(program: Command, terminal: Terminal): void {
  const key = program.command("key").description("Keys of publishers, and the registry's own")
    .addHelpText(
      "after",
      "\nExamples:\n  millrace registry key create ./publisher.key\n" +
        "  millrace registry key add lab ./publisher.key --url http://127.0.0.1:8000\n",
    );
  key.command("create").argument("<file>", "where to write it; keep it secret")
    .description("Make a publisher's key on this machine")
    .addHelpText("after", "\nExamples:\n  millrace registry key create ./publisher.key\n")
    .action(async (file) => {
      const pair = await generateKey();
      try {
        await Deno.writeTextFile(file, `${JSON.stringify(pair, null, 2)}\n`, {
          createNew: true,
          mode: 0o600,
        });
      } catch (cause) {
        if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
        throw new Error(
          `Cannot write the key "${file}": it is there already, and may be in use; choose another name`,
          {
            cause,
          },
        );
      }
      terminal.out(`Key ${pair.id}, public part ${pair.publicKey}\n`);
    });
  placed(key.command("add").argument("<scope>").argument("<file>", "of key create"))
    .description("Let signatures of a key count in a scope; only its public part is sent")
    .addHelpText(
      "after",
      "\nExamples:\n  millrace registry key add lab ./publisher.key --url http://127.0.0.1:8000\n",
    )
    .action(async (text, file, place) => {
      const { publicKey } = await readKey(file);
      const scope = parseScope(text);
      using registry = await administrate(place);
      const { id } = await registry.call<{ id: string }>(
        "POST",
        `/scopes/${encodeURIComponent(scope)}/keys`,
        {
          publicKey,
        },
      );
      terminal.out(`Signatures of the key ${id} count in @${scope}\n`);
    });
  placed(key.command("revoke").argument("<scope>").argument("<id>"))
    .description("Take no new signatures of a key; what it signed stays valid")
    .addHelpText(
      "after",
      "\nExamples:\n  millrace registry key revoke lab 0123456789abcdef --data ./registry\n",
    )
    .action(async (text, id, place) => {
      const scope = parseScope(text);
      using registry = await administrate(place);
      await registry.call("DELETE", `/scopes/${encodeURIComponent(scope)}/keys/${encodeURIComponent(id)}`);
      terminal.out(`The key ${id} signs nothing more in @${scope}\n`);
    });
  placed(key.command("rotate"))
    .description("Have the registry sign with a new key of its own; what was signed stays valid")
    .addHelpText("after", "\nExamples:\n  millrace registry key rotate --data ./registry\n")
    .action(async (place) => {
      using registry = await administrate(place);
      const { id } = await registry.call<{ id: string }>("POST", "/keys/rotate");
      terminal.out(`The registry signs with the key ${id} now\n`);
    });
  placed(program.command("sign").argument("<version>", "@scope/name@version"))
    .description("Add the publisher's signature to a version")
    .requiredOption("--key <file>", "of key create")
    .addHelpText(
      "after",
      "\nExamples:\n  millrace registry sign @lab/hits@1.2.0 --key ./publisher.key --url http://127.0.0.1:8000\n",
    )
    .action(async (text, { key: file, ...place }) => {
      const { scope, name, version, path } = parseVersion(text);
      const { id, privateKey } = await readKey(file);
      using registry = await administrate(place);
      const { manifest } = await registry.call<{ manifest: string }>("GET", `${path}/signature`);
      const signedAt = new Date().toISOString();
      const statement = versionText("publisher", {
        package: `@${scope}/${name}`,
        version,
        manifest,
        signedAt,
      });
      await registry.call("PUT", `${path}/signature`, {
        keyId: id,
        signature: await sign(statement, privateKey),
        signedAt,
      });
      terminal.out(`${text} is signed with the key ${id}\n`);
    });
}

async function readKey(file: string): Promise<KeyPair> {
  const text = await Deno.readTextFile(file).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(
      `Cannot find the key "${file}": check the path, or make one with millrace registry key create`,
      { cause },
    );
  });
  try {
    const { id, publicKey, privateKey } = JSON.parse(text) as KeyPair;
    if ([id, publicKey, privateKey].every((part) => typeof part === "string")) {
      return { id, publicKey, privateKey };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new SyntaxError(`Cannot read "${file}" as a key: make one with millrace registry key create`);
}
