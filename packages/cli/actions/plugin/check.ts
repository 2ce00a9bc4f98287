/**
 * `millrace plugin check`.
 * @module
 */
import { join, resolve } from "node:path";
import { Analyser, problemsOf } from "@millrace/registry-server/client";
import { vendoredPlugins } from "../../installer/load.ts";
import { PluginInstaller } from "../../installer/plugin_installer.ts";
import { candidateOf, readFolder } from "../../installer/read_folder.ts";
import { checkConformance, runSample } from "../../installer/sample.ts";
import type { Io } from "../../io.ts";
import { printable } from "../../render/table.ts";
import { tell } from "./install.ts";

/** What a check is told. */
export interface CheckSettings {
  /** Origin of the registry that other packages come from. */
  readonly registry?: string | undefined;
  /** Tell what was found as JSON. */
  readonly json?: true | undefined;
  /** Say nothing but errors. */
  readonly quiet?: true | undefined;
}

/** What was checked of a project. */
interface Checked {
  readonly what: string;
  readonly problems: readonly string[];
  /** Why it was not checked. */
  readonly skipped?: string;
}

/** Check a project. @throws {Error} When something is wrong: all that is wrong. */
export async function checkAction(folder: string, settings: CheckSettings, io: Io): Promise<void> {
  using analyser = new Analyser();
  const read = await readFolder(resolve(folder), analyser);
  const candidate = candidateOf(read);
  const rules = problemsOf(candidate).map(({ message }) => message);
  const checked: Checked[] = [{ what: "rules of the registry", problems: rules }];
  if (read.config.millrace === undefined) {
    rules.push(
      `"${read.configPath}" has no section "millrace": it would be published as a library, not as a plugin`,
    );
  }
  if (rules.length === 0) checked.push(...await checkInSandbox(folder, settings.registry));
  const problems = checked.flatMap(({ what, problems }) => problems.map((each) => `${what}: ${each}`));
  const lines = checked.map(({ what, problems, skipped }) =>
    `${what}: ${skipped ?? (problems.length === 0 ? "right" : `${problems.length} wrong`)}\n`
  );
  tell({ package: `${read.config.name}@${read.config.version}`, checked }, lines.join(""), settings, io);
  if (problems.length > 0) throw new Error(problems.map(printable).join("\n"));
}

async function checkInSandbox(folder: string, registry: string | undefined): Promise<Checked[]> {
  const temporary = await Deno.makeTempDir({ prefix: "millrace_check_" });
  try {
    const lock = join(temporary, "millrace.lock");
    const installer = new PluginInstaller({ lock });
    const proposal = await installer.propose(`${resolve(folder)}/`, { registry });
    const allowed = { unverified: true };
    await installer.accept(proposal, allowed, { ...await installer.judge(proposal, allowed), newKeys: {} });
    const { plugins } = await installer.read();
    const checked: Checked[] = [];
    for (
      const vendored of await vendoredPlugins(
        lock,
        await installer.read(),
        proposal.name,
        plugins[proposal.name]!,
      )
    ) {
      const { golden } = plugins[proposal.name]!.plugins[vendored.export]!;
      const sample = `${vendored.export}: sample in the sandbox`;
      if (golden) {
        checked.push(
          await partOf(sample, async () => {
            const wrong = await runSample(vendored, golden);
            return wrong === undefined ? {} : { problem: wrong };
          }),
        );
      } else {
        const skipped = 'not checked: "golden" in deno.json names no sample';
        checked.push({ what: sample, problems: [], skipped });
      }
      checked.push(
        await partOf(`${vendored.export}: same results for every chunking, in the sandbox`, async () => {
          const found = await checkConformance(vendored, golden);
          return "from" in found ? { on: found.from } : { skipped: found.skipped };
        }),
      );
    }
    return checked;
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/** What came of a check. */
interface Part {
  readonly problem?: string;
  readonly on?: string;
  readonly skipped?: string;
}

async function partOf(what: string, check: () => Promise<Part>): Promise<Checked> {
  try {
    const { problem, on, skipped } = await check();
    return {
      what: on === undefined ? what : `${what}, on ${on}`,
      problems: problem === undefined ? [] : [problem],
      ...skipped !== undefined && { skipped: `not checked: ${skipped}` },
    };
  } catch (error) {
    return { what, problems: [(error as Error).message] };
  }
}
