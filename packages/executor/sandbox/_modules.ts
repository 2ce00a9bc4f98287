/**
 * All that a sandbox loads, as imports that are never made here: whoever has this module in Deno's cache has them too, of the
 * same version, and `deno info` tells where each is.
 * @module
 */

type Load = () => Promise<unknown>;

/** The main module of a sandbox, and what the host calls in there. */
export const OWN: Readonly<Record<"main" | "inside", Load>> = {
  main: () => import("./main.ts"),
  inside: () => import("./_inside.ts"),
};

/** Modules of the core that a plugin may import, by subpath; `""` is all of them. */
export const CORE: Readonly<Record<string, Load>> = {
  "": () => import("@millrace/core"),
  "/schema": () => import("@millrace/core/schema"),
  "/table": () => import("@millrace/core/table"),
  "/combine-tables": () => import("@millrace/core/combine-tables"),
  "/buffers": () => import("@millrace/core/buffers"),
  "/kernel-memory": () => import("@millrace/core/kernel-memory"),
  "/units": () => import("@millrace/core/units"),
  "/option": () => import("@millrace/core/option"),
  "/option-data": () => import("@millrace/core/option-data"),
  "/per-channel": () => import("@millrace/core/per-channel"),
  "/config": () => import("@millrace/core/config"),
  "/chunk": () => import("@millrace/core/chunk"),
  "/split": () => import("@millrace/core/split"),
  "/split-sealed": () => import("@millrace/core/split-sealed"),
  "/split-by-breaks": () => import("@millrace/core/split-by-breaks"),
  "/split-by-count": () => import("@millrace/core/split-by-count"),
  "/split-by-size": () => import("@millrace/core/split-by-size"),
  "/concat": () => import("@millrace/core/concat"),
  "/concat-tables": () => import("@millrace/core/concat-tables"),
  "/merge-rows": () => import("@millrace/core/merge-rows"),
  "/merge-columns": () => import("@millrace/core/merge-columns"),
  "/merge-streams": () => import("@millrace/core/merge-streams"),
  "/merge-column-streams": () => import("@millrace/core/merge-column-streams"),
  "/sort-rows": () => import("@millrace/core/sort-rows"),
  "/order": () => import("@millrace/core/order"),
  "/gather": () => import("@millrace/core/gather"),
  "/select-time": () => import("@millrace/core/select-time"),
  "/clip": () => import("@millrace/core/clip"),
  "/rechunk": () => import("@millrace/core/rechunk"),
  "/clusters": () => import("@millrace/core/clusters"),
  "/continuity": () => import("@millrace/core/continuity"),
  "/validate": () => import("@millrace/core/validate"),
  "/plugin": () => import("@millrace/core/plugin"),
  "/plugin-set": () => import("@millrace/core/plugin-set"),
  "/loop": () => import("@millrace/core/loop"),
  "/cut": () => import("@millrace/core/cut"),
  "/intervals": () => import("@millrace/core/intervals"),
  "/select": () => import("@millrace/core/select"),
  "/define": () => import("@millrace/core/define"),
  "/describe-columns": () => import("@millrace/core/describe-columns"),
  "/classes": () => import("@millrace/core/classes"),
  "/copy-of": () => import("@millrace/core/copy-of"),
  "/table-source": () => import("@millrace/core/table-source"),
  "/handoff": () => import("@millrace/core/handoff"),
  "/stage": () => import("@millrace/core/stage"),
  "/task-event": () => import("@millrace/core/task-event"),
  "/source-piece": () => import("@millrace/core/source-piece"),
};
