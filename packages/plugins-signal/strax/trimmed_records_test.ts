import assert from "node:assert/strict";
import fc from "fast-check";
import type { Table } from "@millrace/core/table";
import { tableSource } from "@millrace/core/table-source";
import { testPlugin } from "@millrace/core/testing";
import { rowsOf } from "../_testing.ts";
import { randomPulses, rawTable, WIDTH } from "./_testing.ts";
import { straxRecords } from "./records.ts";
import { trimmedRecords } from "./trimmed_records.ts";

const config = { "records.baselineSamples": 3, "records.maxPulse": 48 };

Deno.test("trimmed_records are the same for every chunking", () =>
  fc.assert(
    fc.asyncProperty(randomPulses(), (pulses) =>
      testPlugin(trimmedRecords, {
        inputs: { raw_records: rawTable(pulses) as unknown as Table },
        register: [straxRecords],
        options: { ...config, "trimmed_records.samplesBefore": 4, "trimmed_records.samplesBehind": 3 },
        chunkings: 3,
        ranges: 2,
      })),
    { numRuns: 5 },
  ));

Deno.test("trimmed_records have 0 for the first and last samples of a pulse, and all else as it was", () =>
  fc.assert(
    fc.asyncProperty(
      randomPulses(),
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 0, max: 15 }),
      async (pulses, before, behind) => {
        const options = {
          ...config,
          "trimmed_records.samplesBefore": before,
          "trimmed_records.samplesBehind": behind,
        };
        const plugins = [tableSource("raw_records", rawTable(pulses)), straxRecords, trimmedRecords];
        const rows = await rowsOf(plugins, "records", options),
          made = await rowsOf(plugins, "trimmed_records", options);
        rows.forEach((row, i) => {
          const first = (row.record_i as number) * WIDTH, length = row.pulse_length as number;
          const data = (row.data as Int16Array).map((x, s) =>
            first + s < before || first + s >= length - behind ? 0 : x
          );
          assert.deepEqual(made[i], { ...row, data, reduction_level: 1 });
        });
      },
    ),
    { numRuns: 40 },
  ));
