/** @jsxImportSource hono/jsx */
// What a plugin turns into what, as links to who makes and who needs it.
import type { FC } from "hono/jsx";
import type { PluginDeclaration } from "../plugins/section.ts";

/** `records → hits`. */
export const Types: FC<{ plugin: PluginDeclaration }> = ({ plugin: { dependsOn, provides } }) => (
  <p class="types">
    {dependsOn.length === 0 && "files"}
    {dependsOn.map((type) => <a key={type} href={`/?provides=${type}`}>{type}</a>)}
    <span aria-label="to">→</span>
    {provides.map((type) => <a key={type} href={`/?needs=${type}`}>{type}</a>)}
  </p>
);
