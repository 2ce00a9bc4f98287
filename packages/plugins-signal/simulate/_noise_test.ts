import assert from "node:assert/strict";
import { Noise, normalQuantile } from "./_noise.ts";
import { Random } from "./random.ts";

Deno.test("normalQuantile() is that of the normal distribution", () => {
  const known = [[0.5, 0], [0.6, 0.2533471031357997], [0.975, 1.959963984540054], [0.99, 2.3263478740408408]];
  known.push([0.001, -3.090232306167813], [1e-5, -4.264890793922602], [1 - 2 ** -16, 4.169569323349106]);
  for (const [p, x] of known) {
    assert.ok(Math.abs(normalQuantile(p!) - x!) < 1e-8, `${p}: ${normalQuantile(p!)}`);
  }
});

Deno.test("noise has the moments and tails of the normal distribution", () => {
  const noise = new Noise(new Random(3), 100, 2, 1000);
  const n = 4_000_000;
  const moments = [0, 0, 0, 0, 0];
  let beyond = 0, highest = 0;
  for (let k = 0; k < n / 1000; k++) {
    for (const value of noise.draw(1000)) {
      const x = (value - 100) / 2;
      for (let power = 1; power <= 4; power++) moments[power]! += x ** power / n;
      if (Math.abs(x) > 4.3) beyond++;
      if (Math.abs(x) > highest) highest = Math.abs(x);
    }
  }
  for (const [power, wanted, within] of [[1, 0, 0.003], [2, 1, 0.004], [3, 0, 0.01], [4, 3, 0.03]] as const) {
    assert.ok(Math.abs(moments[power]! - wanted) < within, `moment ${power} is ${moments[power]}`);
  }
  // 2 x 8.54e-6 of them are wanted beyond 4.3 sigma
  assert.ok(beyond > 35 && beyond < 110, `${beyond} of ${n} beyond 4.3 sigma`);
  assert.ok(highest > 4.6, `the highest is ${highest} sigma`);
});

Deno.test("noise does not repeat itself", () => {
  const noise = new Noise(new Random(3), 0, 3, 1000);
  const seen = new Set<string>();
  for (let k = 0; k < 3000; k++) {
    const values = noise.draw(1000);
    for (let i = 0; i < 1000; i += 10) seen.add(values.subarray(i, i + 10).join());
  }
  assert.equal(seen.size, 300_000);
});
