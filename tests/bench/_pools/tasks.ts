// What the pools are asked to do. Runs under Deno and Node.

/** One task: adding two numbers, summing an array, or keeping a core busy for so many microseconds. */
export type TaskData =
  | { readonly op: "add"; readonly a: number; readonly b: number }
  | { readonly op: "sum"; readonly x: Float32Array }
  | { readonly op: "spin"; readonly us: number };

/** Does one task. Every pool calls this function in its workers. */
export function dispatch(data: TaskData): number {
  switch (data.op) {
    case "add":
      return data.a + data.b;
    case "sum": {
      const { x } = data;
      let sum = 0;
      for (let i = 0; i < x.length; i++) sum += x[i]!;
      return sum;
    }
    case "spin":
      return spin(data.us);
  }
}

/** Keeps a core busy by the clock; gives the number of looks at it. */
export function spin(us: number): number {
  const end = performance.now() + us / 1000;
  let looks = 0;
  while (performance.now() < end) looks++;
  return looks;
}

export default dispatch;
