// The plugin sets that have pages, with the example of each plugin.

import type { Plugin } from "@millrace/core/plugin";
import { signalPlugins } from "@millrace/plugins-signal";
import { straxPlugins } from "@millrace/plugins-signal/strax";
import type { Example } from "./_examples/example.ts";
import { eventExamples } from "./_examples/events.ts";
import { featureExamples } from "./_examples/features.ts";
import { hitExamples } from "./_examples/hits.ts";
import { liveExamples } from "./_examples/live.ts";
import { pulseExamples } from "./_examples/pulses.ts";
import { recordExamples } from "./_examples/records.ts";
import { straxPeakExamples } from "./_examples/strax_peaks.ts";
import { straxRecordExamples } from "./_examples/strax_records.ts";

/** A set, and where its pages lie. A plugin that is in several sets has its page in the first. */
export interface PageSet {
  /** Export of the set. */
  readonly name: string;
  /** Module that exports it. */
  readonly module: string;
  /** Folder in docs/plugins, with its slash; empty for that itself. */
  readonly folder: string;
  readonly title: string;
  /** A sentence for the list of pages. */
  readonly about: string;
  readonly plugins: readonly Plugin[];
  /** The example of each plugin, by name. */
  readonly examples: Readonly<Record<string, Example>>;
}

/** All sets. */
export const SETS: readonly PageSet[] = [
  {
    name: "signalPlugins",
    module: "@millrace/plugins-signal",
    folder: "",
    title: "After WaveformAnalysis",
    about:
      "`signalPlugins` of `@millrace/plugins-signal`, which the command line uses where no other set is named.",
    plugins: signalPlugins,
    examples: {
      ...recordExamples,
      ...featureExamples,
      ...eventExamples,
      ...hitExamples,
      ...pulseExamples,
      ...liveExamples,
    },
  },
  {
    name: "straxPlugins",
    module: "@millrace/plugins-signal/strax",
    folder: "strax/",
    title: "After strax",
    about:
      "`straxPlugins` of `@millrace/plugins-signal/strax`, or `--plugins strax`, to be used instead of the first set.",
    plugins: straxPlugins,
    examples: { ...straxRecordExamples, ...straxPeakExamples },
  },
];
