// registry user, scope, member, token
import { Command } from "@commander-js/extra-typings";
import { createToken, listTokens, type Permission, revokeToken } from "../access/tokens.ts";
import { addMember, createScope, createUser, findUser, removeMember } from "../catalog/scopes.ts";
import { DATA, FOLDER, inRegistry, onRegistry, parseExpiry, print } from "./_open.ts";

/** Who may do what. */
export function accessCommands() {
  return [userCommand(), scopeCommand(), tokenCommand()];
}

function userCommand() {
  const user = new Command("user").description("Users");
  user.command("create <name>")
    .description("Add a user")
    .requiredOption(DATA, FOLDER)
    .option("--admin", "the user may do everything")
    .action(async (name, { data, admin }) => {
      await onRegistry(data, "user create", name, (registry) => createUser(registry, name, admin ?? false));
      print(`User ${name} was added`);
    });
  return user;
}

function scopeCommand() {
  const scope = new Command("scope").description("Scopes and who may publish in them");
  scope.command("create <name>")
    .description("Add a scope")
    .requiredOption(DATA, FOLDER)
    .requiredOption("--owner <user>", "its first member")
    .action(async (name, { data, owner }) => {
      await onRegistry(data, "scope create", `@${name}`, (registry) => {
        createScope(registry, name, findUser(registry, owner));
      });
      print(`Scope @${name} was added; ${owner} may publish in it`);
    });
  for (const [verb, change] of [["add", addMember], ["remove", removeMember]] as const) {
    scope.command(`${verb} <scope> <user>`)
      .description(`${verb === "add" ? "Let a user" : "No longer let a user"} publish in a scope`)
      .requiredOption(DATA, FOLDER)
      .action(async (name, user, { data }) => {
        await onRegistry(data, `scope ${verb}`, `@${name} ${user}`, (registry) => {
          change(registry, name, findUser(registry, user));
        });
        print(`@${name}: ${user} was ${verb === "add" ? "added" : "removed"}`);
      });
  }
  return scope;
}

function tokenCommand() {
  const token = new Command("token").description("Tokens to publish with");
  token.command("create")
    .description("Make a token; it is shown once")
    .requiredOption(DATA, FOLDER)
    .requiredOption("--user <name>", "whose token it is")
    .option("--label <text>", "what it is for", "")
    .option("--action <action>", "only publish, yank or manage")
    .option("--scope <scope>", "only in this scope")
    .option("--package <name>", "only this package")
    .option("--version <version>", "only this version")
    .option("--expires <time>", "worthless after that, like 12h or 90d")
    .action(async ({ data, user, label, expires, action, scope, package: name, version }) => {
      if (action !== undefined && !["publish", "yank", "manage"].includes(action)) {
        throw new RangeError(`Cannot make a token for "${action}": choose publish, yank or manage`);
      }
      const permission = {
        ...action !== undefined && { action },
        ...scope !== undefined && { scope },
        ...name !== undefined && { package: name },
        ...version !== undefined && { version },
      } as Permission;
      const made = await onRegistry(
        data,
        "token create",
        user,
        (registry) =>
          createToken(registry, findUser(registry, user), {
            label,
            permissions: [permission],
            ...expires !== undefined && { expiresAt: parseExpiry(expires, registry.now()) },
          }),
      );
      print(made.token);
    });
  token.command("list")
    .description("Tokens, without their secrets")
    .requiredOption(DATA, FOLDER)
    .action(async ({ data }) => {
      for (const each of await inRegistry(data, (registry) => listTokens(registry))) {
        const state = each.revokedAt ? "revoked" : each.expiresAt ? `until ${each.expiresAt}` : "for ever";
        print([each.id, each.user, JSON.stringify(each.permissions), state, each.label].join("\t"));
      }
    });
  token.command("revoke <id>")
    .description("Make a token worthless")
    .requiredOption(DATA, FOLDER)
    .action(async (id, { data }) => {
      await onRegistry(data, "token revoke", id, (registry) => revokeToken(registry, Number(id)));
      print(`Token ${id} is worthless now`);
    });
  return token;
}
