// Ask the user, or see whether that was answered on the command line.
import { grantsText, listGrants, parsePermissions, sameGrants } from "../../installer/grants.ts";
import { agreedPackages, type Judgement } from "../../installer/judge.ts";
import type { Proposal } from "../../installer/propose.ts";
import type { PublicKey } from "@millrace/registry-server/verify";
import { usage } from "../../errors.ts";
import type { Io } from "../../io.ts";
import { printable } from "../../render/table.ts";
import { describePlugin, trustText } from "./_describe.ts";

/** What the command line says about consent. */
export interface ConsentOptions {
  /** Permissions that are agreed to. */
  readonly allowPermissions?: string | undefined;
  /** Take what no trusted publisher signed. */
  readonly allowUnverified?: true | undefined;
  /** Take an older version. */
  readonly allowDowngrade?: true | undefined;
}

/** How keys that are not trusted yet are trusted. */
function trustRemedy(name: string, keys: readonly (readonly [scope: string, key: PublicKey])[]): string {
  return keys.map(([scope, { id, publicKey }]) =>
    `it is signed with the key ${id} of @${scope}, which is not trusted yet. If its publisher says that it is theirs, ` +
    `${name.startsWith(`@${scope}/`) ? `add --publisher-key ${publicKey}, or once: ` : ""}` +
    `millrace plugin trust @${scope} ${publicKey}`
  ).join("; and ");
}

/** What was agreed to, or why it was not. @throws {Error} When it was not. */
export function consent(
  proposal: Proposal,
  judgement: Judgement,
  options: ConsentOptions,
  io: Io,
): Judgement {
  const { name, plugin, permissions, warnings } = proposal;
  for (const warning of warnings) io.err(`millrace: ${printable(warning)}\n`);
  const { added, raised, removed, isNew, newKeys } = judgement;
  const { before } = proposal;
  if (isNew && before) {
    io.err(
      printable(
        `millrace: ${name} ${before.version}, from ${before.from} (signed: ${
          trustText(before)
        }), would be replaced by ` +
          `${plugin.version}, from ${plugin.from} (signed: ${
            trustText({ ...plugin, packages: agreedPackages(proposal, newKeys) })
          })`,
      ) + "\n",
    );
  }
  const keys = Object.entries(newKeys).flatMap(([scope, list]) => list.map((key) => [scope, key] as const));
  if (!isNew && listGrants(added).length + raised.length + keys.length === 0) return judgement; // as much as before, or less
  const asked = isNew ? plugin.wanted : added;
  const title = `${name} ${plugin.version}`;
  if (options.allowPermissions !== undefined) {
    const allowed = usage(() => parsePermissions(options.allowPermissions!));
    if (!sameGrants(allowed, asked)) {
      throw new Error(
        `Cannot install ${title}: it wants ${isNew ? "" : "in addition "}${
          grantsText(asked)
        }, and --allow-permissions ` +
          `names ${grantsText(allowed)}; name exactly what it wants, or do without it`,
      );
    }
    if (keys.length === 0) return judgement;
    if (options.allowUnverified) return { ...judgement, newKeys: {} };
    throw new Error(`Cannot install ${title}: ${trustRemedy(name, keys)}`);
  }
  if (!io.ask) {
    throw new Error(
      `Cannot install ${title}: nobody can be asked here. It wants ${isNew ? "" : "in addition "}${
        grantsText(asked)
      }; agree ` +
        `with --allow-permissions ${grantsText(asked)}${
          keys.length > 0 ? `. And ${trustRemedy(name, keys)}` : ""
        }`,
    );
  }
  const wanted = listGrants(asked);
  const shown = permissions.filter(({ name, value }) => wanted.includes(`${name}=${value}`));
  if (isNew) io.err(describePlugin(name, { ...plugin, packages: agreedPackages(proposal, newKeys) }, shown));
  else {
    io.err(`${printable(title)} wants more than ${proposal.before!.version}:\n`);
    for (const { name, value, reason } of shown) {
      io.err(`  ${printable(`${name}=${value}, because: ${reason}`)}\n`);
    }
    for (const each of raised) io.err(`  to use more: ${printable(each)}\n`);
    if (listGrants(removed).length > 0) io.err(`  and no longer ${printable(grantsText(removed))}\n`);
  }
  for (const [scope, { id, publicKey }] of keys) {
    io.err(
      `  NEW KEY of @${scope}: ${id} (${publicKey}); from now on only what it signs is taken from @${scope}\n`,
    );
  }
  const answer = io.ask(`Install it${wanted.length > 0 ? " and allow this" : ""}? [y/N]`);
  if (/^y(es)?$/i.test(answer?.trim() ?? "")) return judgement;
  throw new Error(`Did not install ${title}: you did not agree`);
}
