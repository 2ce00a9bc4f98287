/**
 * `millrace plugin init`.
 * @module
 */
import { basename, join, resolve } from "node:path";
import { copyOf } from "@millrace/core/copy-of";
import { encodeChunk } from "@millrace/core/arrow";
import { Context } from "@millrace/core/context";
import type { Chunk } from "@millrace/core/chunk";
import { tableSource } from "@millrace/core/table-source";
import { UsageError } from "../../errors.ts";
import type { Io } from "../../io.ts";
import golden from "../../template/golden.ts" with { type: "text" };
import mod from "../../template/mod.ts" with { type: "text" };
import test from "../../template/test.ts" with { type: "text" };
import { sample } from "../../template/golden.ts";
import { longHits } from "../../template/mod.ts";
import { VERSION } from "../../version.ts";
import { tell } from "./install.ts";

/** What a new project is told. */
export interface InitSettings {
  /** Scope that it is to be published in. */
  readonly scope: string;
  /** Tell what was done as JSON. */
  readonly json?: true | undefined;
  /** Say nothing but errors. */
  readonly quiet?: true | undefined;
}

/** Make a project. @throws {UsageError} On a name that no package can have. @throws {Error} When the folder has files. */
export async function initAction(folder: string, settings: InitSettings, io: Io): Promise<void> {
  const path = resolve(folder);
  const name = basename(path);
  const scope = settings.scope.replace(/^@/, "");
  for (const [what, text, most] of [["name", name, 58], ["scope", scope, 20]] as const) {
    if (/^[a-z][a-z0-9-]*[a-z0-9]$/.test(text) && text.length <= most) continue;
    throw new UsageError(
      `Cannot use "${text}" as the ${what} of a package: write 2 to ${most} lower case letters, digits and -, a letter first ` +
        "and no - at the end",
    );
  }
  const there = await Array.fromAsync(Deno.readDir(path)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  if (there.length > 0) {
    throw new Error(`Cannot make a project in "${path}": the folder has files already; choose another`);
  }
  await Deno.mkdir(path, { recursive: true });
  const files = await projectFiles(scope, name);
  for (const [file, content] of Object.entries(files)) {
    await Deno.writeFile(
      join(path, file),
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
  const text =
    `Made ${folder} with ${Object.keys(files).join(", ")}. Next, with JSR_URL set to your registry:\n` +
    `  cd ${folder}\n  deno test\n  millrace plugin check\n` +
    "  millrace plugin publish --key FILE    # of millrace registry key create\n" +
    'Before each publication raise "version" in deno.json; where results change, that in mod.ts as well\n';
  tell({ folder: path, name: `@${scope}/${name}`, files: Object.keys(files) }, text, settings, io);
}

async function projectFiles(scope: string, name: string): Promise<Record<string, string | Uint8Array>> {
  const type = name.replaceAll("-", "_");
  const exported = name.replace(/-+(.)/g, (_, letter: string) => letter.toUpperCase()).replaceAll("-", "");
  const rename = (text: string) => text.replaceAll("longHits", exported).replaceAll("long_hits", type);
  const [input, output] = await sampleFiles(type);
  return {
    "deno.json": `${JSON.stringify(manifest(scope, name, exported, type), null, 2)}\n`,
    "mod.ts": rename(mod),
    "mod_test.ts": rename(test),
    "golden.ts": rename(golden),
    "in.arrow": input,
    "out.arrow": output,
    "README.md": readme(scope, name, type),
  };
}

function manifest(scope: string, name: string, exported: string, type: string): object {
  return {
    name: `@${scope}/${name}`,
    version: "0.1.0",
    license: "MIT",
    description: longHits.help,
    exports: "./mod.ts",
    imports: { "@millrace/core": `jsr:@millrace/core@^${VERSION}` },
    publish: { exclude: ["mod_test.ts", "golden.ts", "deno.lock"] },
    millrace: {
      engine: `^${VERSION}`,
      plugins: {
        [exported]: {
          provides: [type],
          dependsOn: longHits.dependsOn,
          help: longHits.help,
          options: { minLength: { description: "Shortest length, ps", type: "number", default: 20_000 } },
          schema: { [type]: longHits.schemas.long_hits!.types },
          permissions: [],
          golden: { input: "./in.arrow", output: "./out.arrow" },
        },
      },
    },
  };
}

async function sampleFiles(type: string): Promise<[Uint8Array, Uint8Array]> {
  await using ctx = new Context();
  ctx.register(tableSource("hit_threshold", sample()), copyOf(longHits, type));
  const chunkOf = async (name: string): Promise<Uint8Array> => {
    const chunks: Chunk[] = await Array.fromAsync(ctx.getStream("sample", name));
    if (chunks.length !== 1) throw new Error(`The sample of "${name}" has ${chunks.length} chunks`);
    return await new Blob(await encodeChunk(chunks[0]!) as BlobPart[]).bytes();
  };
  return [await chunkOf("hit_threshold"), await chunkOf(type)];
}

function readme(scope: string, name: string, type: string): string {
  return `# ${name}

Keeps the hits that last at least \`${type}.minLength\` (default 20 ns), with their length in ps.

\`\`\`sh
millrace plugin add @${scope}/${name}
millrace run ./DAQ/run_7 --type ${type} --store ./data
\`\`\`

## For whoever changes it

With the variable \`JSR_URL\` set to the registry:

\`\`\`sh
deno test                             # every chunking, and the numbers
deno run --allow-write golden.ts      # after a change of results: the sample that is published with it
millrace plugin check                 # what the registry checks, and the sample in the sandbox
millrace plugin publish --key FILE    # raise "version" in deno.json first; FILE: of millrace registry key create
\`\`\`

\`version\` in \`mod.ts\` is that of the results, and in their lineage: raise it when they change, beside that of the
package in \`deno.json\`. What the plugin wants to be allowed
beyond computing goes into \`permissions\` in \`deno.json\`, each with a reason that users read:
\`{ "name": "net", "value": "calibration.lab:443", "reason": "Fetches the calibration of the run" }\`.
`;
}
