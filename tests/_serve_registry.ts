// For tests: a registry in a process of its own, which can be killed. Arguments: its folder. Prints its origin.
import { openRegistry, serve } from "@millrace/registry-server";

const registry = await openRegistry({
  data: Deno.args[0]!,
  limits: { rate: 1e6, burst: 1e6, attempts: 1e6, packages: 1e6 },
});
console.log(serve(registry).origin);
