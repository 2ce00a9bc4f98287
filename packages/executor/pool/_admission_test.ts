import assert from "node:assert/strict";
import fc from "fast-check";
import { SharedQueue } from "../balance/shared_queue.ts";
import { QueueFullError } from "../task/errors.ts";
import { Admission } from "./_admission.ts";
import { Entry, Target } from "./_entry.ts";

const target = new Target(0, { module: "data:,", export: "f" });

Deno.test("whoever awaits ready() before each submission is let in, whatever the others do", async () => {
  const steps = fc.array(fc.record({ bytes: fc.nat(60), pause: fc.boolean() }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 8 }), fc.nat(3), async (producers, size) => {
      const queue = new SharedQueue<Entry>();
      queue.join(0);
      const admission = new Admission(queue, size + 1, 100);
      let left = producers.length;
      const all = producers.map(async (own) => {
        for (const { bytes, pause } of own) {
          if (pause) await new Promise((resolve) => setTimeout(resolve, 0));
          await admission.ready();
          admission.enter(bytes);
          queue.add(new Entry(target, 0, undefined, bytes, 0));
          assert(queue.length <= size + 1);
        }
        left--;
      });
      while (left > 0) {
        queue.take(0);
        // Sometimes within a turn, as a transport may that reads in promises.
        for (let i = 0; i < 2; i++) {
          admission.admit();
          await Promise.resolve();
          queue.take(0);
        }
        admission.admit();
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      await Promise.all(all);
      admission.refuse(new Error("done"));
    }),
    { numRuns: 60 },
  );
});

Deno.test("a full queue refuses, names the remedy, and lets a single large task in", () => {
  const queue = new SharedQueue<Entry>();
  const admission = new Admission(queue, 2, 100);
  admission.enter(5000);
  queue.add(new Entry(target, 0, undefined, 5000, 0));
  assert.throws(() => admission.enter(1), QueueFullError);
  assert.throws(() => admission.enter(1), {
    message: /1 of 2 tasks and 5000 of 100 bytes.*await pool\.ready\(\)/,
  });
});

Deno.test("those who wait are rejected when the pool refuses", async () => {
  const queue = new SharedQueue<Entry>();
  queue.add(new Entry(target, 0, undefined, 0, 0));
  const admission = new Admission(queue, 1, 100);
  const waiting = admission.ready();
  admission.refuse(new RangeError("closed"));
  await assert.rejects(waiting, { message: "closed" });
});
