import assert from "node:assert/strict";
import { keptSection, parse, section, sectionsOf } from "./bench/all.ts";

const row = (name: string, ok: boolean, budget: number | null = 4) =>
  JSON.stringify({ name, value: 3.5, unit: "x", budget, ok, sign: budget === null ? "" : ">=" });

Deno.test("parse() takes title and rows, and tells trouble only where figures do not explain the exit code", () => {
  const kept = parse(`${JSON.stringify({ title: "Kernels" })}\n${row("a", true)}\n`, "warning", 0);
  assert.deepEqual([kept.title, kept.rows.length, kept.trouble], ["Kernels", 1, ""]);
  assert.equal(parse(row("a", false), "", 1).trouble, "");
  assert.equal(parse(row("a", true), "error: it broke", 1).trouble, "error: it broke");
  assert.equal(
    parse("", "Nothing to compare with: no numpy", 1).trouble,
    "Nothing to compare with: no numpy",
  );
});

Deno.test("section() marks what is not kept, and sectionsOf() finds it again", () => {
  const { rows } = parse([row("a | b", false), row("  ours", true, null)].join("\n"), "", 1);
  const text = section("signal", "The kernels", "Measured here.", {
    title: "T",
    notes: ["Why."],
    rows,
    trouble: "",
  });
  assert.match(text, /^\| a \\\| b \| 3\.5 \| x \| >= 4 \| \*\*not kept\*\* \|$/m);
  assert.match(text, /^\| &nbsp; ours \| 3\.5 \| x \| {2}\| {2}\|$/m);
  assert.match(text, /^Why\.$/m);
  const found = sectionsOf(`# Head\n\ntext\n\n${text}\n\n## other\n\nx\n`);
  assert.deepEqual([...found.keys()], ["signal", "other"]);
  assert.ok(found.get("signal")!.startsWith(text.trimEnd()));
});

Deno.test("parse() takes lines that are no figures as what went wrong", () => {
  const { rows, trouble } = parse("{ not JSON\n{}\n", "", 1);
  assert.deepEqual([rows.length, trouble], [0, "{ not JSON\n{}"]);
});

Deno.test("keptSection() keeps the figures and says once why they are old", () => {
  const { rows } = parse(row("a", true), "", 0);
  const figures = section("signal", "The kernels", "Measured here.", {
    title: "T",
    notes: [],
    rows,
    trouble: "",
  });
  const once = keptSection(figures, "2026-01-02", "no numpy"),
    twice = keptSection(once, "2026-01-03", "no scipy");
  assert.ok(twice.startsWith(figures.trimEnd()));
  assert.match(twice, /^Not measured again on 2026-01-03:\n\n```text\nno scipy\n```$/m);
  assert.doesNotMatch(twice, /no numpy/);
  assert.deepEqual([...sectionsOf(`# Head\n\n${twice}\n## other\n`).keys()], ["signal", "other"]);
});
