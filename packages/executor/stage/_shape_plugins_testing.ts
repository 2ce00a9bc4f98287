// One plugin of every shape, exported where workers find it, and two chains of them.

import type { Plugin } from "@millrace/core/plugin";
import { manyOutputs, SHAPES } from "../../core/engine/_shapes_testing.ts";

const at = (plugin: Plugin, name: string): Plugin => ({ ...plugin, module: import.meta.url, export: name });

/** The plugins, in the order of `SHAPES`; each provides `out`. */
export const shapePlugins: readonly Plugin[] = SHAPES.map((shape, k) =>
  at(shape.make("out", shape.inputs === 2 ? ["a", "b"] : ["a"], (type) => type), `shape${k}`)
);

export const [
  shape0,
  shape1,
  shape2,
  shape3,
  shape4,
  shape5,
  shape6,
  shape7,
  shape8,
  shape9,
  shape10,
  shape11,
  shape12,
  shape13,
  shape14,
  shape15,
  shape16,
  shape17,
  shape18,
  shape19,
  shape20,
  shape21,
  shape22,
  shape23,
  shape24,
] = shapePlugins;

/** One with several outputs. */
export const many: Plugin = at(manyOutputs(["late", "early", "same"], "a", "a"), "many");
