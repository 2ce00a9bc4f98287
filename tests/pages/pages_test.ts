import assert from "node:assert/strict";
import { describeColumns } from "@millrace/core/describe-columns";
import { loadPlugins, PLUGIN_SETS } from "../../packages/cli/catalog.ts";
import { moduleDoc } from "./_page.ts";
import { SETS } from "./_sets.ts";
import { svgOf } from "./_svg.ts";
import { FOLDER, formatted, pages, present } from "./pages.ts";

Deno.test("docs/plugins is what the plugins say of themselves; otherwise run deno task pages", async () => {
  const files = await formatted(await pages());
  assert.deepEqual(await present(), [...files.keys()].toSorted());
  for (const [name, text] of files) {
    const current = await Deno.readTextFile(new URL(name, FOLDER));
    assert.ok(current === text, `docs/plugins/${name} is not current: run deno task pages`);
  }
});

Deno.test("every plugin of every set of the command line has a page with a picture, units and a source", async () => {
  const there = await present();
  for (const set of PLUGIN_SETS) {
    for (const { name } of await loadPlugins([], set)) {
      const folders = SETS.filter(({ plugins }) => plugins.some((plugin) => plugin.name === name));
      const page = there.find((file) => folders.some(({ folder }) => file === `${folder}${name}.md`));
      assert.ok(page, `"${name}" of the set ${set} has no page`);
      assert.ok(there.includes(page.replace(".md", ".svg")), `"${name}" of the set ${set} has no picture`);
    }
  }
});

Deno.test("every column of every plugin says what it is, and times that they are ps", async () => {
  for (const set of PLUGIN_SETS) {
    for (const plugin of await loadPlugins([], set)) {
      for (const type of plugin.provides) {
        for (const column of describeColumns(plugin, type)) {
          assert.ok(column.help !== "", `${type}.${column.name} of the set ${set} says nothing`);
          if (column.type === "time") {
            assert.equal(column.unit, "ps", `${type}.${column.name} of the set ${set}`);
          }
        }
      }
    }
  }
});

Deno.test("moduleDoc() is the comment of a module up to its example", () => {
  assert.equal(
    moduleDoc("/**\n * `a`: b.\n *\n * c\n *\n * @example\n * d\n */\nexport {};"),
    "`a`: b.\n\nc",
  );
});

Deno.test("svgOf() draws each layer inside its frame and escapes text", () => {
  const text = svgOf({
    title: "a < b",
    x: "x",
    y: "y",
    layers: [
      { kind: "line", points: [[0, 0], [10, 5]], name: "line & co" },
      { kind: "dots", points: [[5, 2]] },
      { kind: "band", from: 2, to: 3 },
    ],
  });
  assert.match(text, /<title>a &lt; b<\/title>/);
  assert.match(text, /line &amp; co/);
  const [, x, y] = /M([\d.]+) ([\d.]+)h0/.exec(text)!;
  assert.ok(Number(x) > 72 && Number(x) < 704 && Number(y) > 34 && Number(y) < 274);
  assert.ok(!/NaN|Infinity/.test(text));
});
