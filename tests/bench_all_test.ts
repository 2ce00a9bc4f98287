import assert from "node:assert/strict";
import { parse, section, sectionsOf } from "./bench/all.ts";

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
