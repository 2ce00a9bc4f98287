import fc from "fast-check";
import { checkCase, inputRows, modelOf, numRuns } from "./_harness_testing.ts";
import { manyOutputs, manyOutputsOracle, SHAPES } from "./_shapes_testing.ts";

const RUNS = numRuns(40);

for (const shape of SHAPES) {
  Deno.test(`a plugin of the shape "${shape.name}" gives the same for every chunking`, async () => {
    const two = shape.inputs === 2;
    await fc.assert(
      fc.asyncProperty(
        inputRows("a"),
        inputRows("b"),
        fc.nat(),
        fc.nat({ max: 4 }),
        async (a, b, seed, size) => {
          const types = two ? ["a", "b"] : ["a"];
          const made = shape.make("out", types, (type) => type);
          const plugin = size === 0 ? made : { ...made, running: { ...made.running, chunkSize: size } };
          const tables = two ? { a, b } : { a };
          const expected = { out: shape.oracle(modelOf("a", a), modelOf("b", b)) };
          await checkCase(
            { plugins: [plugin], tables, expected, sameKind: shape.sameKind ? ["out"] : [] },
            seed,
          );
        },
      ),
      { numRuns: RUNS },
    );
  });
}

Deno.test("a plugin with several outputs gives the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(inputRows("a"), fc.nat(), async (a, seed) => {
      const [late, early, same] = manyOutputsOracle(modelOf("a", a));
      const plugins = [manyOutputs(["late", "early", "same"], "a", "a")];
      await checkCase({ plugins, tables: { a }, expected: { late, early, same }, sameKind: ["same"] }, seed);
    }),
    { numRuns: RUNS },
  );
});
