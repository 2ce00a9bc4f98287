import { inFolder } from "./_cli.ts";
import { ACTS, attack } from "./_store_attack.ts";

for (const act of ACTS) {
  Deno.test({
    name:
      `${act} against readers and writers, each of them killed at random moments: nothing is damaged or mixed`,
    ignore: Deno.build.os === "windows",
    fn: inFolder((folder) => attack(folder, [act], 2)),
  });
}
