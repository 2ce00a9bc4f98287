// Random graphs of the shapes, with what each type of them should be.
import type { Table } from "../data/table.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { Random } from "../testing/_random.ts";
import { modelOf } from "./_harness_testing.ts";
import type { Row } from "./_model_testing.ts";
import { manyOutputs, manyOutputsOracle, type Shape, SHAPES } from "./_shapes_testing.ts";

/** Plugins, and what they should give. */
export interface RandomGraph {
  readonly plugins: Plugin[];
  /** What each type should be. */
  readonly rows: Map<string, Row[]>;
  readonly kinds: Map<string, string>;
}

/** Plugins of random shapes, each over random types that there are already: chains, diamonds, several inputs of one kind. */
export function randomGraph(
  inputs: Readonly<Record<string, Table>>,
  size: number,
  random: Random,
  shapes: readonly Shape[] = SHAPES,
): RandomGraph {
  const rows = new Map(Object.entries(inputs).map(([name, table]) => [name, modelOf(name, table)]));
  const kinds = new Map(Object.keys(inputs).map((name) => [name, name]));
  const plugins: Plugin[] = [];
  const kindOf = (type: string) => kinds.get(type)!;
  const pick = () => {
    // Recent types more often, so that chains grow long.
    const types = [...rows.keys()];
    return types[types.length - 1 - Math.floor(random.next() ** 2 * types.length)]!;
  };
  for (let k = 0; k < size; k++) {
    const type = pick();
    if (random.below(12) === 0) {
      const names = [`n${k}_late`, `n${k}_early`, `n${k}_same`] as const;
      plugins.push(manyOutputs(names, type, kindOf(type)));
      manyOutputsOracle(rows.get(type)!).forEach((list, i) => {
        rows.set(names[i]!, list);
        kinds.set(names[i]!, i === 2 ? kindOf(type) : names[i]!);
      });
      continue;
    }
    const shape = shapes[random.below(shapes.length)]!;
    let other = pick();
    while (other === type) other = [...rows.keys()][random.below(rows.size)]!;
    const types = shape.inputs === 2 ? [type, other] : [type];
    const name = `n${k}`;
    const plugin = shape.make(name, types, kindOf);
    const chunkSize = [undefined, undefined, 1, 3][random.below(4)];
    plugins.push(chunkSize === undefined ? plugin : { ...plugin, running: { ...plugin.running, chunkSize } });
    rows.set(name, shape.oracle(...types.map((t) => rows.get(t)!)));
    kinds.set(name, shape.sameKind ? kindOf(type) : name);
  }
  return { plugins, rows, kinds };
}
