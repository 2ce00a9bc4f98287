/**
 * The style sheet of all pages.
 * @module
 */

/** Dark and light as the reader's system has it; one column on a phone. */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1b1f2a, #e4e7ee);
  --soft: light-dark(#5a6274, #a3abbd);
  --page: light-dark(#fff, #12151c);
  --card: light-dark(#f5f7fa, #1a1e28);
  --line: light-dark(#d6dbe4, #323847);
  --accent: light-dark(#0a5c8f, #79c3f0);
  --good: light-dark(#14713c, #7bd39b);
  --bad: light-dark(#b3261e, #ff9b91);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 68rem; padding: 0 1.25rem 4rem;
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--page);
  overflow-wrap: anywhere;
}
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .2rem; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; padding: .5rem 1rem; background: var(--page); z-index: 1; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 1.75rem 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
.card > h3:first-child { margin-top: 0; }
h2 small, h3 small { font-weight: 400; color: var(--soft); margin-left: .5em; }
.version { font-weight: 400; color: var(--soft); }
.lead { font-size: 1.1rem; margin: .25rem 0 1rem; }
.warning { border: 1px solid var(--bad); border-left-width: .4rem; border-radius: .3rem; padding: .6rem .9rem; font-weight: 600; }

header { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: center; padding: 1rem 0; border-bottom: 1px solid var(--line); }
.home { font-weight: 700; color: var(--ink); text-decoration: none; }
header form { flex: 1 1 18rem; display: flex; gap: .5rem; align-items: center; }
header nav { display: flex; gap: 1rem; }

input, select, button { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .7rem; min-height: 2.4rem; }
input[type=checkbox] { min-height: 0; width: 1.1rem; height: 1.1rem; vertical-align: -.15rem; accent-color: var(--accent); }
header input { flex: 1; min-width: 0; }
button { background: var(--accent); border-color: var(--accent); color: var(--page); font-weight: 600; cursor: pointer; }
button.second { background: transparent; color: var(--accent); }
.facets { display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; align-items: end; padding: 1rem; background: var(--card); border-radius: .5rem; }
.facets label { display: grid; gap: .2rem; font-size: .9rem; color: var(--soft); }
.facets label.check { display: block; padding-bottom: .5rem; }
.facets input:not([type=checkbox]), .facets select { width: 11rem; max-width: 100%; color: var(--ink); }
.inline { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }

.packages { list-style: none; padding: 0; }
.packages li { padding: 1rem 0; border-bottom: 1px solid var(--line); }
.packages h2 { margin: 0; font-size: 1.1rem; }
.packages p { margin: .25rem 0; }
.meta { color: var(--soft); font-size: .9rem; }
.types { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; margin: .35rem 0; }
.types > a, .chip { font: .85rem/1.5 ui-monospace, monospace; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .6rem; text-decoration: none; }

.tabs { display: flex; flex-wrap: wrap; gap: .25rem; border-bottom: 1px solid var(--line); margin-top: 1rem; }
.tabs a { white-space: nowrap; padding: .5rem .9rem; text-decoration: none; border-bottom: 3px solid transparent; margin-bottom: -1px; }
.tabs a[aria-current] { border-color: var(--accent); color: var(--ink); font-weight: 600; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 19rem; gap: 0 2.5rem; }
aside { font-size: .95rem; }
aside ul { padding-left: 1.1rem; margin: .25rem 0; }
dl { margin: 0; display: grid; grid-template-columns: auto 1fr; gap: .3rem .9rem; }
dt { color: var(--soft); }
dd { margin: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1.1rem; margin: .75rem 0; }
.card > :last-child, .doc > :last-child { margin-bottom: 0; }
.card p { margin: .25rem 0; }
.index { display: flex; flex-wrap: wrap; gap: .25rem .9rem; }
.members { padding-left: 1.1rem; }

code, pre { font: .875em/1.5 ui-monospace, "Cascadia Mono", Menlo, monospace; }
h2 code, h3 code { font-size: 1em; font-weight: 600; }
pre code { font-size: inherit; }
pre {
  --under: var(--card);
  overflow-x: auto; padding: .75rem .9rem;
  /* A shade at a side where there is more to see. */
  background:
    linear-gradient(90deg, var(--under) 50%, transparent) 0 / 2.5rem 100% no-repeat local,
    linear-gradient(270deg, var(--under) 50%, transparent) 100% / 2.5rem 100% no-repeat local,
    linear-gradient(90deg, var(--line), transparent) 0 / 1rem 100% no-repeat scroll,
    linear-gradient(270deg, var(--line), transparent) 100% / 1rem 100% no-repeat scroll,
    var(--under);
  border: 1px solid var(--line); border-radius: .4rem; overflow-wrap: normal;
}
.card pre { --under: var(--page); }
aside pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.readme img { max-width: 100%; }
.readme > h1:first-child { margin-top: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; font-weight: 400; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: normal; }
thead th { color: var(--soft); font-size: .9rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.wrap { overflow-wrap: anywhere; }

.permissions { list-style: none; padding: 0; }
.permissions li { position: relative; border-left: .3rem solid var(--line); padding: .3rem .9rem .3rem 2rem; margin: .5rem 0; }
.permissions p { margin: .1rem 0 0; }
.permissions .sign { position: absolute; left: .7rem; font-weight: 700; }
.added li { border-color: var(--bad); }
.added .sign { color: var(--bad); }
.removed li { border-color: var(--good); }
.removed .sign { color: var(--good); }
small { color: var(--soft); }

@media (max-width: 46rem) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  .tabs a { padding: .4rem .6rem; }
  .facets label, .facets input:not([type=checkbox]), .facets select { width: 100%; }
  h1 { font-size: 1.4rem; }
}
@media (prefers-contrast: more) { :root { --soft: var(--ink); --line: var(--ink); } }
`;

/** The icon of all pages: a pulse. */
export const ICON: string = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0a5c8f"/>
<path d="M4 22h6l3-14 4 18 4-8 3 4h4" fill="none" stroke="#fff" stroke-width="2.5" stroke-linejoin="round"/>
</svg>
`;
