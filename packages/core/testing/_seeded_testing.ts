// Tests that draw at random, and say what with when they fail.

import { Random } from "./_random.ts";

/**
 * Run a test with random numbers of a new seed each time. A failure names the seed; with that in the environment as
 * `MILLRACE_SEED` the same is drawn again.
 */
export async function seeded(work: (random: Random) => Promise<void>): Promise<void> {
  const given = Deno.env.get("MILLRACE_SEED");
  const seed = given === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : Number(given);
  if (!Number.isInteger(seed)) throw new TypeError(`MILLRACE_SEED must be an integer: received "${given}"`);
  try {
    await work(new Random(seed));
  } catch (error) {
    throw new Error(`${(error as Error).message} (MILLRACE_SEED=${seed} draws the same)`, { cause: error });
  }
}
