// Code and data from elsewhere by import: rows of the measured table that worked from a worker without permissions.

import { type Attack, testAttacks } from "./_attempt.ts";

const file = { violates: "read" } as const;
const elsewhere = { violates: "import" } as const;
/** Keeps what is imported, and tells it. */
const tell = "console.log(found); context.notice(JSON.stringify(found));";
const dynamic = (specifier: string, type = "") =>
  `const found = await import(${specifier}${type && `, { with: { type: "${type}" } }`}); ${tell}`;
const fromModule = (url: string) => `const found = await import(${url}); ${tell}`;

const attacks: Attack[] = [
  ...(["text", "json"] as const).flatMap((type): Attack[] => [
    {
      name: `static import of a file as ${type}`,
      isRefused: true,
      before: `import found from "file://SECRET" with { type: "${type}" };`,
      inside: tell,
      end: file,
    },
    {
      name: `literal import() of a file as ${type}`,
      isRefused: true,
      inside: dynamic(`"file://SECRET"`, type),
      end: file,
    },
    {
      name: `computed import() of a file as ${type}`,
      inside: dynamic(`["file:/", "SECRET"].join("/")`, type),
      end: file,
    },
    ...["data:", "blob:"].map((scheme): Attack => ({
      name: `import of a file as ${type} from a ${scheme} module`,
      inside: `const text = 'import s from "file://SECRET" with { type: "${type}" }; export default s;';
        ${
        fromModule(
          scheme === "data:"
            ? "`data:text/javascript,${encodeURIComponent(text)}`"
            : `URL.createObjectURL(new Blob([text], { type: "text/javascript" }))`,
        )
      }`,
      end: file,
    })),
  ]),
  {
    name: "import() of a file by a path out of its folder",
    inside: dynamic(`new URL("../".repeat(20) + "SECRET".slice(1), import.meta.url).href`, "json"),
    end: file,
  },
  {
    name: "static import of a local module outside its folder",
    isRefused: true,
    before: `import "file:///etc/profile.js";`,
    end: file,
  },
  {
    name: "import() of the host's own modules",
    isRefused: true,
    inside: dynamic(`"${new URL("../../packages/executor/mod.ts", import.meta.url).href}"`),
    end: file,
  },
  {
    name: "a module of the core that was not loaded for it",
    isRefused: true,
    inside: dynamic(`"${new URL("../../packages/core/context/trace.ts", import.meta.url).href}"`),
    end: file,
  },
  {
    name: "createRequire",
    inside: `const { createRequire } = await import("node:module");
      const found = createRequire(import.meta.url)("SECRET"); ${tell}`,
    end: file,
  },
  {
    name: "static import over http",
    isRefused: true,
    before: `import "http://127.0.0.1:PORT/x.js";`,
    end: elsewhere,
  },
  {
    name: "literal import() over http",
    isRefused: true,
    inside: dynamic(`"http://127.0.0.1:PORT/x.js"`),
    end: elsewhere,
  },
  {
    name: "computed import() over http",
    inside: dynamic(`"http:" + "//127.0.0.1:" + PORT + "/x.js"`),
    end: elsewhere,
  },
  {
    name: "import over http from a data: module",
    isRefused: true,
    inside: fromModule(`"data:text/javascript,import 'http://127.0.0.1:PORT/x.js'"`),
    end: elsewhere,
  },
  ...[
    "https://esm.sh/left-pad",
    "https://deno.land/x/x.ts",
    "https://raw.githubusercontent.com/x.ts",
  ]
    .flatMap((url): Attack[] => [
      { name: `static import of ${url}`, isRefused: true, before: `import "${url}";`, end: elsewhere },
      { name: `import() of ${url}`, inside: dynamic(`"${url}" + "?leak=1"`), end: elsewhere },
    ]),
  { name: "static import of npm:", isRefused: true, before: `import "npm:left-pad@1.3.0";`, end: elsewhere },
  { name: "import() of npm:", inside: dynamic(`"npm:" + "left-pad@1.3.0"`), end: elsewhere },
  { name: "import() of npm: that the host has", inside: dynamic(`"npm:" + "semver@7.8.5"`), end: elsewhere },
  { name: "import() of jsr:", inside: dynamic(`"jsr:" + "@std/assert"`), end: elsewhere },
  { name: "static import of jsr:", isRefused: true, before: `import "jsr:@std/assert@1";`, end: elsewhere },
];

testAttacks("import", attacks);
