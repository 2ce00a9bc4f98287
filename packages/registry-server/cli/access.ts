// registry user, scope, token
import type { Command } from "@commander-js/extra-typings";
import type { TokenInfo } from "../access/tokens.ts";
import type { AuditRow } from "../access/audit.ts";
import { administrate, type Administration, placed } from "./_administration.ts";
import { parseExpiry, parseScope, parseWhole, table } from "./_parse.ts";
import type { Terminal } from "./_terminal.ts";

/** Add the commands on who may do what. */
export function addAccess(program: Command, terminal: Terminal): void {
  addUser(program, terminal);
  addScope(program, terminal);
  addToken(program, terminal);
  placed(program.command("audit"))
    .description("Requests that changed something, or tried to, newest first")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExamples:\n  millrace registry audit --data ./registry\n")
    .action(async ({ json, ...place }) => {
      using registry = await administrate(place);
      const rows = await registry.call<AuditRow[]>("GET", "/audit");
      terminal.out(
        json ? `${JSON.stringify(rows, null, 2)}\n` : table(
          ["time", "status", "who", "from", "action", "target", "message"],
          rows.map((row) => [
            row.time,
            String(row.status),
            row.actor ?? "-",
            row.address,
            row.action,
            row.target,
            row.message ?? "",
          ]),
        ),
      );
    });
}

function addUser(program: Command, terminal: Terminal): void {
  const user = program.command("user").description("Users: whoever has tokens and publishes")
    .addHelpText("after", "\nExamples:\n  millrace registry user create ada --data ./registry\n");
  placed(user.command("create").argument("<name>"))
    .description("Add a user")
    .option("--admin", "the user may do everything")
    .addHelpText("after", "\nExamples:\n  millrace registry user create ada --data ./registry\n")
    .action(async (name, { admin, ...place }) => {
      using registry = await administrate(place);
      await registry.call("POST", "/users", { name, admin: admin ?? false });
      terminal.out(`User ${name} was added\n`);
    });
  placed(user.command("list"))
    .description("All users")
    .addHelpText("after", "\nExamples:\n  millrace registry user list --data ./registry\n")
    .action(async (place) => {
      using registry = await administrate(place);
      const users = await registry.call<{ name: string; admin: boolean }[]>("GET", "/users");
      terminal.out(table(["user", ""], users.map(({ name, admin }) => [name, admin ? "administrator" : ""])));
    });
}

/** Who is meant where no user is named: on a folder its first administrator. */
async function defaultUser(registry: Administration): Promise<string | undefined> {
  if (registry.remote) return undefined;
  const users = await registry.call<{ name: string; admin: boolean }[]>("GET", "/users");
  const admin = users.find(({ admin }) => admin);
  if (!admin) throw new TypeError("Cannot tell whose it is: there is no administrator; name a user");
  return admin.name;
}

function addScope(program: Command, terminal: Terminal): void {
  const scope = program.command("scope").description("Scopes, and who may publish in them")
    .addHelpText(
      "after",
      "\nExamples:\n  millrace registry scope create lab --data ./registry\n  millrace registry scope add lab ada --data ./registry\n",
    );
  placed(scope.command("create").argument("<name>"))
    .description("Add a scope")
    .option("--owner <user>", "its first member (default: whose token it is; with --data the administrator)")
    .addHelpText("after", "\nExamples:\n  millrace registry scope create lab --owner ada --data ./registry\n")
    .action(async (text, { owner, ...place }) => {
      using registry = await administrate(place);
      const first = owner ?? await defaultUser(registry);
      const made = await registry.call<{ scope: string; owner: string }>("POST", "/scopes", {
        scope: parseScope(text),
        ...first !== undefined && { owner: first },
      });
      terminal.out(`Scope @${made.scope} was added; ${made.owner} may publish in it\n`);
    });
  placed(scope.command("list"))
    .description("All scopes")
    .addHelpText("after", "\nExamples:\n  millrace registry scope list --url http://127.0.0.1:8000\n")
    .action(async (place) => {
      using registry = await administrate(place);
      const { scopes } = await registry.call<{ scopes: { scope: string; packages: number }[] }>(
        "GET",
        "/scopes",
      );
      terminal.out(
        table(["scope", "packages"], scopes.map((each) => [`@${each.scope}`, String(each.packages)])),
      );
    });
  for (
    const [verb, method, what] of [["add", "PUT", "Let a user"], [
      "remove",
      "DELETE",
      "No longer let a user",
    ]] as const
  ) {
    placed(scope.command(verb).argument("<scope>").argument("<user>"))
      .description(`${what} publish in a scope`)
      .addHelpText("after", `\nExamples:\n  millrace registry scope ${verb} lab ada --data ./registry\n`)
      .action(async (text, user, place) => {
        using registry = await administrate(place);
        const name = parseScope(text);
        await registry.call(
          method,
          `/scopes/${encodeURIComponent(name)}/members/${encodeURIComponent(user)}`,
        );
        terminal.out(`${user} ${verb === "add" ? "may" : "may no longer"} publish in @${name}\n`);
      });
  }
}

const TOKEN_HELP = `
A token is written to standard output, once: the registry keeps only its checksum.

Examples:
  millrace registry token create --user ada --scope lab --expires 90d --data ./registry
  millrace registry token create --package hits --scope lab --action publish --url http://127.0.0.1:8000
`;

function addToken(program: Command, terminal: Terminal): void {
  const token = program.command("token").description("Tokens to publish and to administrate with")
    .addHelpText("after", "\nExamples:\n  millrace registry token create --scope lab --data ./registry\n");
  placed(token.command("create"))
    .description("Make a token")
    .option(
      "--user <name>",
      "whose token it is (default: whose --token it is; with --data the administrator)",
    )
    .option("--label <text>", "what it is for", "")
    .option("--action <action>", "only publish, yank or manage")
    .option("--scope <scope>", "only in this scope")
    .option("--package <name>", "only this package")
    .option("--version <version>", "only this version")
    .option("--expires <time>", "worthless after that, like 12h or 90d")
    .addHelpText("after", TOKEN_HELP)
    .action(async (options) => {
      const { user, label, expires, action, scope, package: name, version, ...place } = options;
      if (action !== undefined && !["publish", "yank", "manage"].includes(action)) {
        throw new RangeError(`Cannot make a token for "${action}": choose publish, yank or manage`);
      }
      const expiresAt = expires === undefined ? undefined : parseExpiry(expires, new Date());
      using registry = await administrate(place);
      const whose = user ?? await defaultUser(registry);
      const made = await registry.call<{ token: string }>("POST", "/tokens", {
        label,
        permissions: [{
          ...action !== undefined && { action },
          ...scope !== undefined && { scope: parseScope(scope) },
          ...name !== undefined && { package: name },
          ...version !== undefined && { version },
        }],
        ...expiresAt && { expiresAt: expiresAt.toISOString() },
        ...whose !== undefined && { user: whose },
      });
      terminal.out(`${made.token}\n`);
    });
  placed(token.command("list"))
    .description("Tokens, without their secrets")
    .option("--user <name>", 'of this user, "*" for all (default: one\'s own; with --data all)')
    .option("--json", "as JSON")
    .addHelpText("after", "\nExamples:\n  millrace registry token list --user ada --data ./registry\n")
    .action(async ({ user, json, ...place }) => {
      using registry = await administrate(place);
      const whose = user ?? (registry.remote ? undefined : "*");
      const query = whose === undefined ? "" : `?user=${encodeURIComponent(whose)}`;
      const tokens = await registry.call<TokenInfo[]>("GET", `/tokens${query}`);
      terminal.out(
        json ? `${JSON.stringify(tokens, null, 2)}\n` : table(
          ["id", "user", "state", "allows", "label"],
          tokens.map((each) => [
            String(each.id),
            each.user,
            each.revokedAt ? "revoked" : each.expiresAt ? `until ${each.expiresAt}` : "for ever",
            each.permissions.map(describe).join(", "),
            each.label,
          ]),
        ),
      );
    });
  placed(token.command("revoke").argument("<id>", "as token list shows it"))
    .description("Make a token worthless, and those that were made with it")
    .addHelpText("after", "\nExamples:\n  millrace registry token revoke 3 --data ./registry\n")
    .action(async (text, place) => {
      const id = parseWhole(text, "the id of a token", 1, Number.MAX_SAFE_INTEGER);
      using registry = await administrate(place);
      await registry.call("DELETE", `/tokens/${id}`);
      terminal.out(`Token ${id} is worthless now\n`);
    });
}

function describe(permission: TokenInfo["permissions"][0]): string {
  const parts = Object.entries(permission).map(([name, value]) => `${name} ${value}`);
  return parts.length === 0 ? "everything" : parts.join(" ");
}
