// Plots as SVG text: the same numbers give the same bytes.

/** What is drawn, in data coordinates. */
export type Layer =
  | {
    readonly kind: "line";
    readonly points: readonly Point[];
    readonly colour?: string;
    readonly name?: string;
  }
  | {
    readonly kind: "dots";
    readonly points: readonly Point[];
    readonly colour?: string;
    readonly name?: string;
  }
  | { readonly kind: "bars"; readonly bars: readonly Bar[]; readonly colour?: string; readonly name?: string }
  | {
    readonly kind: "band";
    readonly from: number;
    readonly to: number;
    readonly colour?: string;
    readonly name?: string;
  }
  | { readonly kind: "level"; readonly y: number; readonly colour?: string; readonly name?: string }
  | { readonly kind: "mark"; readonly x: number; readonly colour?: string; readonly name?: string };

/** x and y. */
export type Point = readonly [x: number, y: number];

/** A rectangle. */
export type Bar = readonly [x0: number, x1: number, y0: number, y1: number];

/** A plot. */
export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly layers: readonly Layer[];
  /** y in powers of ten. */
  readonly log?: boolean;
  /** Where y starts; default: the data. */
  readonly yFrom?: number;
  /** y in whole numbers, such as channels. */
  readonly whole?: boolean;
}

const WIDTH = 720, HEIGHT = 336, LEFT = 72, RIGHT = 16, TOP = 50, BOTTOM = 46;
const COLOURS = ["#1f6feb", "#d1242f", "#1a7f37", "#8250df", "#bf8700"];

const escape = (text: string) =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]!);
const place = (value: number) => String(Math.round(value * 10) / 10);
const number = (value: number) => String(Number(value.toPrecision(6)));

function pointsOf(layer: Layer): Point[] {
  switch (layer.kind) {
    case "bars":
      return layer.bars.flatMap(([x0, x1, y0, y1]): Point[] => [[x0, y0], [x1, y1]]);
    case "band":
      return [[layer.from, NaN], [layer.to, NaN]];
    case "level":
      return [[NaN, layer.y]];
    case "mark":
      return [[layer.x, NaN]];
    default:
      return [...layer.points];
  }
}

function extent(values: readonly number[]): readonly [number, number] {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return [0, 1];
  const low = known.reduce((a, b) => Math.min(a, b)), high = known.reduce((a, b) => Math.max(a, b));
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** Round numbers between the ends. */
function ticks(low: number, high: number, whole = false): number[] {
  const step = 10 ** Math.floor(Math.log10((high - low) / 4)), span = (high - low) / step;
  const fine = span > 40 ? 10 * step : span > 20 ? 5 * step : span > 8 ? 2 * step : step;
  const wide = whole ? Math.max(1, Math.ceil(fine)) : fine;
  const first = Math.ceil(low / wide);
  return Array.from({ length: Math.floor(high / wide) - first + 1 }, (_, k) => (first + k) * wide);
}

/** The plot as a document. */
export function svgOf({ title, x, y, layers, log = false, yFrom, whole = false }: Plot): string {
  const points = layers.flatMap(pointsOf);
  const height = (value: number) => log ? Math.log10(value) : value;
  const [x0, x1] = extent(points.map(([px]) => px));
  const [low, high] = extent(points.map(([, py]) => height(py)));
  const y0 = yFrom ?? low - 0.06 * (high - low), y1 = high + 0.08 * (high - y0);
  const sx = (value: number) => place(LEFT + (value - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT));
  const sy = (value: number) =>
    place(HEIGHT - BOTTOM - (height(value) - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM));
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" font-size="14">${escape(title)}</text>`,
  ];
  for (const tick of ticks(x0, x1)) {
    out.push(
      `<path d="M${sx(tick)} ${TOP}V${HEIGHT - BOTTOM}" stroke="#eaeef2"/>`,
      `<text x="${sx(tick)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="#57606a">${
        number(tick)
      }</text>`,
    );
  }
  for (const tick of ticks(y0, y1, whole)) {
    const at = log ? 10 ** tick : tick;
    out.push(
      `<path d="M${LEFT} ${sy(at)}H${WIDTH - RIGHT}" stroke="#eaeef2"/>`,
      `<text x="${LEFT - 6}" y="${sy(at)}" dy="4" text-anchor="end" fill="#57606a">${
        log ? `1e${number(tick)}` : number(tick)
      }</text>`,
    );
  }
  out.push(
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle" fill="#57606a">${
      escape(x)
    }</text>`,
    `<text transform="translate(14 ${
      (TOP + HEIGHT - BOTTOM) / 2
    }) rotate(-90)" text-anchor="middle" fill="#57606a">${escape(y)}</text>`,
  );
  // The legend has a line of its own below the title, so that it covers no data.
  let at = LEFT;
  layers.forEach((layer, k) => {
    const colour = layer.colour ?? COLOURS[k % COLOURS.length]!;
    out.push(drawn(layer, colour, sx, sy));
    if (layer.name === undefined) return;
    const name = `<text x="20" y="4">${escape(layer.name)}</text>`;
    out.push(`<g transform="translate(${at} 36)">${keyOf(layer, colour)}${name}</g>`);
    at += 40 + Math.ceil(7.5 * layer.name.length);
  });
  out.push(
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#57606a"/>`,
    "</svg>",
  );
  return out.join("\n") + "\n";
}

/** A small piece of a layer, for the legend: as it is drawn. */
function keyOf({ kind }: Layer, colour: string): string {
  switch (kind) {
    case "line":
      return `<path d="M0 0h15" stroke="${colour}" stroke-width="1.3"/>`;
    case "dots":
      return `<path d="M7.5 0h0" stroke="${colour}" stroke-width="5" stroke-linecap="round"/>`;
    case "bars":
      return `<rect y="-5" width="15" height="10" fill="${colour}" fill-opacity="0.7"/>`;
    case "band":
      return `<rect y="-5" width="15" height="10" fill="${colour}" fill-opacity="0.15"/>`;
    case "level":
      return `<path d="M0 0h15" stroke="${colour}" stroke-dasharray="5 4"/>`;
    case "mark":
      return `<path d="M7.5 -6v12" stroke="${colour}" stroke-dasharray="2 3"/>`;
  }
}

function drawn(
  layer: Layer,
  colour: string,
  sx: (value: number) => string,
  sy: (value: number) => string,
): string {
  switch (layer.kind) {
    case "line": {
      const path = layer.points.map(([x, y], k) => `${k ? "L" : "M"}${sx(x)} ${sy(y)}`).join("");
      return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.3"/>`;
    }
    case "dots": {
      const path = layer.points.map(([x, y]) => `M${sx(x)} ${sy(y)}h0`).join("");
      return `<path d="${path}" stroke="${colour}" stroke-width="5" stroke-linecap="round"/>`;
    }
    case "bars":
      return layer.bars.map(([x0, x1, y0, y1]) =>
        `<path d="M${sx(x0)} ${sy(y0)}V${sy(y1)}H${sx(x1)}V${sy(y0)}Z" fill="${colour}" fill-opacity="0.7"/>`
      ).join("");
    case "band":
      return `<path d="M${sx(layer.from)} ${TOP}H${sx(layer.to)}V${HEIGHT - BOTTOM}H${
        sx(layer.from)
      }Z" fill="${colour}" fill-opacity="0.15"/>`;
    case "level":
      return `<path d="M${LEFT} ${sy(layer.y)}H${WIDTH - RIGHT}" stroke="${colour}" stroke-dasharray="5 4"/>`;
    case "mark":
      return `<path d="M${sx(layer.x)} ${TOP}V${
        HEIGHT - BOTTOM
      }" stroke="${colour}" stroke-dasharray="2 3"/>`;
  }
}
