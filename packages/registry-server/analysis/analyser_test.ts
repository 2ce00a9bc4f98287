import assert from "node:assert/strict";
import { Analyser } from "./analyser.ts";

Deno.test("a module that a parser would never be done with is given up, and the next one is read", async () => {
  using analyser = new Analyser(300);
  const endless = `x = ${"<T>(a = ".repeat(60)}1${")".repeat(60)};`;
  const before = performance.now();
  const facts = await analyser.analyse([["/good.ts", "import './a.ts';"], ["/endless.ts", endless]]);
  assert(performance.now() - before < 60_000); // without a limit it would take longer than anybody waits
  assert.equal(facts.get("/good.ts")!.imports.length, 1);
  assert.match(facts.get("/endless.ts")!.error!.message, /takes too long to read/);
  const next = await analyser.analyse([["/next.ts", "import './b.ts';"]]);
  assert.equal(next.get("/next.ts")!.imports[0]!.specifier, "./b.ts");
  assert.deepEqual(
    (await analyser.document([["/endless.ts", endless]])).get("/endless.ts")!.declarations,
    {},
  );
});

Deno.test("questions that wait when the analyser is closed are refused", async () => {
  const analyser = new Analyser();
  const waiting = assert.rejects(analyser.analyse([["/a.ts", ""]]), /the registry is closed/);
  analyser[Symbol.dispose]();
  await waiting;
});
