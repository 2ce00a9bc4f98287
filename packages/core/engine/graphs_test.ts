import fc from "fast-check";
import { Random } from "../testing/_random.ts";
import { checkCase, inputRows, numRuns } from "./_harness_testing.ts";
import { randomGraph } from "./_random_graph_testing.ts";

Deno.test("a random graph gives the same for every chunking", async () => {
  await fc.assert(
    fc.asyncProperty(
      inputRows("a"),
      inputRows("b"),
      fc.nat(),
      fc.integer({ min: 1, max: 9 }),
      async (a, b, seed, size) => {
        const random = new Random(seed);
        const { plugins, rows, kinds } = randomGraph({ a, b }, size, random);
        const made = [...rows.keys()].filter((type) => type !== "a" && type !== "b");
        const targets = made.filter((_, k) => k === made.length - 1 || random.below(3) === 0);
        await checkCase({
          plugins,
          tables: { a, b },
          expected: Object.fromEntries(targets.map((type) => [type, rows.get(type)!])),
          sameKind: targets.filter((type) => kinds.get(type) !== type),
        }, seed);
      },
    ),
    { numRuns: numRuns(150) },
  );
});
