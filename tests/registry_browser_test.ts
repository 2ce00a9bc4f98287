// The pages in a real browser: what is seen, at every width and in both colours, with the keyboard alone, without scripts.
import assert from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { focus, look } from "./_in_page.js";
import { startRegistry } from "./_registry.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
const SHOTS = Deno.env.get("MILLRACE_SCREENSHOTS");

/** A registry with packages that have all there is to show. */
async function fullRegistry() {
  const lab = await startRegistry();
  const plugin = (permissions: object[]) => ({
    config: {
      description: "Finds hits over a threshold in records, and their charge",
      exports: { ".": "./mod.ts", "./options": "./options.ts" },
      millrace: {
        engine: "^0.1.0",
        plugins: {
          quickHits: {
            provides: ["quick_hits"],
            dependsOn: ["records"],
            help: "Hits over a threshold, with their charge",
            options: { threshold: { type: "number", minimum: 0, default: 10 } },
            schema: { quick_hits: { time: "time", endtime: "time", charge: "f32" } },
            permissions,
          },
        },
      },
    },
    mod: `/**
 * Hits over a threshold.
 *
 * @module
 */
import { definePlugin } from "npm:engine@1";
export * from "./options.ts";
/** Finds hits in {@linkcode records}, with their charge. */
export const quickHits: Plugin = definePlugin({
  provides: "quick_hits",
  dependsOn: "records",
  options: { threshold: 10 },
  schema: { time: "time", endtime: "time", charge: "f32" },
});
/**
 * Charge of samples.
 *
 * @param samples ADC counts.
 * @returns Their sum over the baseline.
 */
export function charge(samples: Uint16Array, baseline: number): number {
  return samples.reduce((sum, sample) => sum + sample - baseline, 0);
}
`,
    entries: [
      {
        path: "options.ts",
        text:
          "/** How to find hits. */\nexport interface Options {\n  /** ADC counts. */\n  threshold?: number;\n}\n",
      },
      { path: "README.md", text: README },
    ],
  });
  const read = { name: "read", value: "./gains.json", reason: "Reads the gains of the channels" };
  const net = {
    name: "net",
    value: "calibration.lab:443",
    reason: "Asks the laboratory's calibration service",
  };
  await lab.upload("quick-hits", "1.0.0", plugin([read]));
  await lab.upload("quick-hits", "1.1.0", plugin([read, net]));
  await lab.upload("quick-hits", "2.0.0-beta.1", plugin([net]));
  await lab.upload("peak-finder", "0.3.0", {
    mod: 'export * from "jsr:@lab/quick-hits@^1";\n',
    config: { description: "Clusters hits in time", license: "BSD-3-Clause" },
  });
  await lab.api("PUT", "/scopes/lab/packages/quick-hits/versions/1.0.0/yank", {
    token: lab.token,
    body: { reason: "Charges had the wrong sign" },
  });
  return lab;
}

const README = `# Quick hits

Finds hits over a threshold, [see the options](./options.ts).

| option | meaning |
|---|---|
| \`threshold\` | ADC counts over the baseline |

\`\`\`ts
import { quickHits } from "@lab/quick-hits";
ctx.register(quickHits);
\`\`\`

<script>document.title = "taken over"</script>
`;

const PAGES: Readonly<Record<string, string>> = {
  search: "/",
  found: "/?provides=quick_hits",
  package: "/@lab/quick-hits",
  docs: "/@lab/quick-hits?view=docs",
  permissions: "/@lab/quick-hits?view=permissions&from=1.0.0",
  versions: "/@lab/quick-hits?view=versions",
  files: "/@lab/quick-hits?view=files",
  file: "/@lab/quick-hits?view=files&file=/mod.ts",
  yanked: "/@lab/quick-hits@1.0.0",
  log: "/log",
  authorize: "/auth",
  missing: "/@lab/none",
};

async function withBrowser(work: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox"] });
  try {
    await work(browser);
  } finally {
    await browser.close();
  }
}

async function shoot(page: Page, name: string): Promise<void> {
  const picture = await page.screenshot({ fullPage: true, ...SHOTS && { path: `${SHOTS}/${name}.png` } });
  assert.equal(picture.subarray(1, 4).toString(), "PNG");
  assert(picture.length > 5000, `${name}: an empty picture`);
}

const needsBrowser = {
  ignore: CHROMIUM === undefined,
  // The browser's pipes outlive a test by a moment.
  sanitizeResources: false,
  sanitizeOps: false,
};
const skipped = CHROMIUM === undefined ? " (skipped: no Chromium; install the package chromium)" : "";

Deno.test({
  name: `pages are readable in dark and light, on a desk and on a phone${skipped}`,
  ...needsBrowser,
  async fn() {
    await using lab = await fullRegistry();
    await withBrowser(async (browser) => {
      for (const colorScheme of ["light", "dark"] as const) {
        for (const [device, width] of [["desk", 1200], ["phone", 360]] as const) {
          const context = await browser.newContext({
            colorScheme,
            viewport: { width, height: 800 },
            bypassCSP: true, // for what looks at the page, not for the page
          });
          const page = await context.newPage();
          for (const [name, path] of Object.entries(PAGES)) {
            await page.goto(lab.server.origin + path);
            const { width: used, poor } = await page.evaluate(look);
            assert.deepEqual(poor, [], `${name}, ${colorScheme}`);
            assert(used <= width, `${name} is ${used} wide on a ${device}`);
            assert.equal(await page.locator("h1").count(), 1, name);
            await shoot(page, `${name}-${colorScheme}-${device}`);
          }
          await context.close();
        }
      }
    });
  },
});

Deno.test({
  name: `pages work without scripts, run none, and load nothing from elsewhere${skipped}`,
  ...needsBrowser,
  async fn() {
    await using lab = await fullRegistry();
    await withBrowser(async (browser) => {
      for (const javaScriptEnabled of [false, true]) {
        const page = await (await browser.newContext({ javaScriptEnabled })).newPage();
        const asked: string[] = [];
        const said: string[] = [];
        page.on("request", (request) => asked.push(request.url()));
        page.on("console", (message) => said.push(message.text()));
        page.on("pageerror", (error) => said.push(error.message));
        await page.goto(lab.server.origin);
        await page.getByLabel("Search", { exact: true }).fill("clusters");
        await page.getByRole("button", { name: "Find" }).click();
        assert.deepEqual(await page.locator(".packages h2").allTextContents(), ["@lab/peak-finder"]);
        await page.goto(lab.server.origin);
        await page.getByLabel("Wants the permission").selectOption("net");
        await page.getByRole("button", { name: "Narrow" }).click();
        await page.getByRole("link", { name: "@lab/quick-hits" }).click();
        assert.match(await page.title(), /^@lab\/quick-hits@1\.1\.0/, "nothing took over the title");
        await page.getByRole("link", { name: "Permissions" }).click();
        await page.getByLabel("Compare with").selectOption("2.0.0-beta.1");
        await page.getByRole("button", { name: "Compare" }).click();
        assert.deepEqual(await page.locator(".added code").allTextContents(), ["--allow-read=./gains.json"]);
        await page.getByRole("link", { name: "Files" }).click();
        await page.getByRole("link", { name: "options.ts" }).click();
        assert.match(await page.locator("pre.source").innerText(), /export interface Options/);
        await page.getByRole("link", { name: "Docs" }).click();
        assert.match(await page.locator("main").innerText(), /function charge\(samples: Uint16Array/);
        assert.deepEqual(said, [], "no message of a blocked script or style");
        const { host } = new URL(lab.server.origin);
        assert.deepEqual(asked.filter((url) => new URL(url).host !== host), []);
      }
    });
  },
});

Deno.test({
  name: `pages can be used with the keyboard alone${skipped}`,
  ...needsBrowser,
  async fn() {
    await using lab = await fullRegistry();
    await withBrowser(async (browser) => {
      const page = await browser.newPage();
      await page.goto(`${lab.server.origin}/@lab/quick-hits`);
      const focused = () => page.evaluate(focus);
      const order: string[] = [];
      for (let k = 0; k < 12; k++) {
        await page.keyboard.press("Tab");
        const { text, seen } = await focused();
        assert(seen, `the focus on "${text}" is seen`);
        order.push(text);
      }
      assert.deepEqual(order.slice(0, 6), ["To the content", "Millrace registry", "q", "Find", "Log", "API"]);
      assert.deepEqual(order.slice(6, 11), ["Overview", "Docs", "Permissions", "Versions", "Files"]);
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Enter");
      await page.waitForURL(/view=files/);
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter"); // to the content, over the head of the page
      await page.keyboard.press("Tab");
      assert.equal((await focused()).text, "Overview");
    });
  },
});
