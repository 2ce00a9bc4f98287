// What is made beside peaks or of them has to agree with the options that they were made with.
import { canonicalJson, type Json, type Lineage } from "@millrace/core/lineage";
import type { CheckInputs } from "@millrace/core/plugin";

/** Most characters of a value in a message. */
const MOST = 60;

/**
 * Refuses inputs whose `peaks` were made with other values of these options, or at all of those of `ifSet` if neither is `null`. Where
 * `peaks` come from a plugin without such an option, as from a table, nothing is known and nothing refused.
 */
export function sameAsPeaks(
  plugin: string,
  names: readonly string[],
  ifSet: readonly string[] = [],
): CheckInputs {
  return (inputs, options) => {
    const peaks = Object.values(inputs).map(({ lineage }) => peaksIn(lineage)).find((found) => found);
    for (const name of [...names, ...ifSet]) {
      const mine = options[name]!, theirs = peaks?.options[name];
      if (theirs === undefined || canonicalJson(theirs) === canonicalJson(mine)) continue;
      if (ifSet.includes(name) && (mine === null || theirs === null)) continue;
      return `its ${name} is ${shown(mine)}, peaks were made with ${
        shown(theirs)
      }: set "${name}" for both, or ` +
        `"peaks.${name}" and "${plugin}.${name}" alike`;
    }
    return undefined;
  };
}

/** The lineage of the peaks that something was made of. */
function peaksIn(lineage: Lineage): Lineage | undefined {
  if (lineage.dataType === "peaks") return lineage;
  for (const parent of Object.values(lineage.dependsOn)) {
    const found = peaksIn(parent as Lineage);
    if (found) return found;
  }
  return undefined;
}

function shown(value: Json): string {
  const text = canonicalJson(value);
  return text.length > MOST ? `${text.slice(0, MOST - 2)}..` : text;
}
