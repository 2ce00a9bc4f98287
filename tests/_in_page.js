// What tests run within a page.

/**
 * How wide the page is, and which texts stand out too little from what is behind them (WCAG 2, AA).
 *
 * @returns {{ width: number, poor: string[] }}
 */
export function look() {
  const channel = (value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const luminance = (color) => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => channel(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = element ? getComputedStyle(element).backgroundColor : "white";
    return /, 0\)|transparent/.test(color) ? behind(element.parentElement) : color;
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
    if (!own || element.getClientRects().length === 0) continue;
    const both = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((x, y) =>
      y - x
    );
    const contrast = (both[0] + 0.05) / (both[1] + 0.05);
    if (contrast < 4.5) {
      poor.push(`${element.tagName} "${element.textContent.trim()}": ${contrast.toFixed(1)}`);
    }
  }
  return { width: document.documentElement.scrollWidth, poor };
}

/**
 * What has the focus, and whether that is seen.
 *
 * @returns {{ text: string, seen: boolean }}
 */
export function focus() {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return {
    text: (element.textContent || element.getAttribute("name") || "").trim(),
    seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 &&
      element.getBoundingClientRect().left >= 0,
  };
}
