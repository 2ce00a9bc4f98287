/** @jsxImportSource hono/jsx */
// What plugins want to be allowed, and how that differs from another version.
import type { Child, FC } from "hono/jsx";
import { permissionDiff } from "../../plugins/permission_diff.ts";
import { pluginsOf } from "../../plugins/search.ts";
import type { PluginPermission } from "../../plugins/section.ts";
import { Refusal } from "../../http/refusal.ts";
import type { VersionView } from "../package.tsx";

const Permissions: FC<
  { title: string; sign: string; kind: string; permissions: readonly PluginPermission[] }
> = (
  { title, sign, kind, permissions },
) =>
  permissions.length === 0 ? null : (
    <>
      <h3>{title}</h3>
      <ul class={`permissions ${kind}`}>
        {permissions.map(({ name, value, reason }) => (
          <li>
            {sign && <span class="sign" aria-hidden="true">{sign}</span>}
            <code>--allow-{name}={value}</code>
            <p>{reason}</p>
          </li>
        ))}
      </ul>
    </>
  );

/** Permissions, compared with those of the version in `from`; by default the one before. */
export function permissionsView(of: VersionView): Child {
  const { registry, full, row, versions, query } = of;
  const asked = query.get("from");
  const other = asked === null
    ? versions[versions.findIndex(({ id }) => id === row.id) + 1]
    : versions.find(({ version }) => version === asked);
  if (asked !== null && !other) {
    throw new Refusal(404, "notFound", `There is no ${full}@${asked} to compare with`);
  }
  const now = pluginsOf(registry, row.id);
  const { added, removed, kept } = permissionDiff(other ? pluginsOf(registry, other.id) : {}, now);
  const others = versions.filter(({ id }) => id !== row.id);
  return (
    <>
      <h2>Permissions</h2>
      {added.length + kept.length === 0
        ? <p>None of its plugins wants any permission: they compute, and reach nothing else.</p>
        : <p>Plugins run with these permissions only if you grant them.</p>}
      {others.length > 0 && (
        <form method="get" action={`/${full}@${row.version}`} class="inline">
          <input type="hidden" name="view" value="permissions" />
          <label for="from">Compare with</label>
          <select id="from" name="from">
            {others.map(({ version }) => (
              <option value={version} selected={version === other?.version}>{version}</option>
            ))}
          </select>
          <button type="submit">Compare</button>
        </form>
      )}
      {other
        ? (
          <>
            <Permissions title={`New since ${other.version}`} sign="+" kind="added" permissions={added} />
            <Permissions
              title={`No longer wanted since ${other.version}`}
              sign="−"
              kind="removed"
              permissions={removed}
            />
            <Permissions title={`As in ${other.version}`} sign="" kind="kept" permissions={kept} />
          </>
        )
        : <Permissions title="Wanted" sign="" kind="kept" permissions={added} />}
    </>
  );
}
