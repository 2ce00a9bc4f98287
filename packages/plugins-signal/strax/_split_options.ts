// Options of whatever divides waveforms at local minima.

import { option } from "@millrace/core/option";

/** How often, and where, `what` (a plural) is divided. */
export const splitOptions = (what: string) => ({
  splitIterations: option.integer({
    default: 1,
    min: 1,
    max: 100,
    help: "How often parts are divided again",
  }),
  splitMinArea: option.number({ default: 0, unit: "PE", help: `Smaller ${what} are not divided` }),
  splitMinHeight: option.number({
    default: 1,
    min: 0,
    unit: "PE",
    help: "Least rise from a local minimum",
  }),
  splitMinRatio: option.number({
    default: 1.5,
    min: 0,
    help: "Least ratio of a maximum to a local minimum",
  }),
});
