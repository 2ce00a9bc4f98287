/**
 * How the service is, and what it offers.
 * @module
 */
import { type Route, route } from "../http/route.ts";
import { sendBackup } from "../maintenance/backup_stream.ts";
import { collectGarbage } from "../maintenance/collect_garbage.ts";
import { openApi } from "../http/open_api.ts";

const count =
  "SELECT (SELECT count(*) FROM package) AS packages, (SELECT count(*) FROM version) AS versions, " +
  "(SELECT coalesce(sum(downloads), 0) FROM version) AS downloads, (SELECT count(*) FROM audit) AS audits, " +
  "(SELECT count(*) FROM log) AS entries";

export const serviceRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/health",
    summary: "Whether the server answers",
    access: "public",
    answer: () => ({ status: "ok" }),
  }),
  route({
    method: "GET",
    path: "/ready",
    summary: "Whether the database and the folder can be used",
    access: "public",
    async answer({ registry }) {
      registry.db.get("SELECT 1 FROM setting LIMIT 1");
      await Deno.stat(registry.temporary);
      return { status: "ready" };
    },
  }),
  route({
    method: "GET",
    path: "/metrics",
    summary: "Figures in Prometheus' text format",
    access: "public",
    answer({ registry }) {
      const figures = registry.db.get<Record<string, number>>(count)!;
      const { rss } = Deno.memoryUsage();
      const metric = (name: string, type: string, help: string, value: number) =>
        `# HELP millrace_registry_${name} ${help}\n# TYPE millrace_registry_${name} ${type}\nmillrace_registry_${name} ${value}\n`;
      const text = metric("packages", "gauge", "Packages", figures.packages!) +
        metric("versions", "gauge", "Versions", figures.versions!) +
        metric("downloads_total", "counter", "Downloads of versions", figures.downloads!) +
        metric("writes_total", "counter", "Requests that changed something or tried to", figures.audits!) +
        metric("log_entries", "gauge", "Entries of the log", figures.entries!) +
        metric("resident_bytes", "gauge", "Memory in use", rss) +
        "# HELP millrace_registry_requests_total Requests that were answered\n" +
        "# TYPE millrace_registry_requests_total counter\n" +
        registry.traffic.lines("millrace_registry_requests_total", "count") +
        "# HELP millrace_registry_request_seconds_total Time until their answers were ready\n" +
        "# TYPE millrace_registry_request_seconds_total counter\n" +
        registry.traffic.lines("millrace_registry_request_seconds_total", "seconds");
      return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
    },
  }),
  route({
    method: "GET",
    path: "/backup",
    summary: "A copy of all that the registry holds, its private keys too: a tar archive",
    access: "admin",
    answer: ({ registry }) =>
      new Response(sendBackup(registry), {
        headers: { "content-type": "application/x-tar", "cache-control": "no-store" },
      }),
  }),
  route({
    method: "POST",
    path: "/gc",
    summary: "Remove files that uploads left which were refused or cut off",
    access: "admin",
    answer: async ({ registry }) => ({ removed: (await collectGarbage(registry)).length }),
  }),
  route({
    method: "GET",
    path: "/openapi.json",
    summary: "This API, as OpenAPI 3.1",
    access: "public",
    answer: ({ origin, routes }) => openApi(routes, origin),
  }),
];
