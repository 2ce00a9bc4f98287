import assert from "node:assert/strict";
import { moduleDoc } from "./_page.ts";
import { svgOf } from "./_svg.ts";
import { FOLDER, formatted, pages } from "./pages.ts";

Deno.test("docs/plugins is what the plugins say of themselves; otherwise run deno task pages", async () => {
  const files = await formatted(await pages());
  const there: string[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) there.push(name);
  assert.deepEqual(there.toSorted(), [...files.keys()].toSorted());
  for (const [name, text] of files) {
    const current = await Deno.readTextFile(new URL(name, FOLDER));
    assert.ok(current === text, `docs/plugins/${name} is not current: run deno task pages`);
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
