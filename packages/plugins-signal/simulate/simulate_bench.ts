// Writing a simulated run, about 65 MB.
import { CompassWriter } from "../formats/compass/write.ts";
import { simulateRun } from "./simulate.ts";

const run = { channels: 8, rate: 5000, duration: 1e12, samples: 800, seed: 7 };
let sink = 0;
const counter = {
  write: (bytes: Uint8Array): Promise<number> => {
    sink += bytes[bytes.length - 1]!;
    return Promise.resolve(bytes.length);
  },
};

Deno.bench("simulateRun(), 40 000 records of 800 samples", async () => {
  await using writer = new CompassWriter(counter);
  const { truth } = await simulateRun(run, writer);
  truth.release();
});

Deno.bench("simulateRun(), slow pulses, pile-up and coincidences", async () => {
  await using writer = new CompassWriter(counter);
  const shapes = [{ name: "slow", rise: 20_000, fall: 300_000 }];
  const { truth } = await simulateRun({ ...run, shapes, pileUp: 0.2, coincidences: 0.2 }, writer);
  truth.release();
});

addEventListener("unload", () => {
  if (sink === 0) throw new Error("Nothing was written");
});
