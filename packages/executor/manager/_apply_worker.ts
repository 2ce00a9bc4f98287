// Calls a function with several arguments, in a worker.

/** What is called, and with what. */
export interface ApplyInput {
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** The function's result. Modules are loaded once a worker. */
export async function apply({ module, name, args }: ApplyInput): Promise<unknown> {
  const exports: Readonly<Record<string, unknown>> = await import(module);
  const found = exports[name];
  if (typeof found === "function") return await found(...args);
  const have = Object.keys(exports).join(", ") || "nothing";
  throw new TypeError(`Export "${name}" of ${module} is no function: the module exports ${have}`);
}
