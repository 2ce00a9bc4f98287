/**
 * The style sheet of all pages.
 * @module
 */

/** Dark and light as the reader's system has it; one column on a phone. */
export const STYLE: string = `
:root { color-scheme: light dark; --line: light-dark(#ccd, #445); --accent: light-dark(#05507a, #7cc7f2); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 0 1rem 3rem; font: 1rem/1.5 system-ui, sans-serif;
  color: light-dark(#1a1a24, #e6e6ee); background: light-dark(#fff, #16161d); overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: center; padding: 1rem 0;
  border-bottom: 1px solid var(--line); }
header form { flex: 1; display: flex; gap: .5rem; align-items: center; min-width: 16rem; }
header input { flex: 1; min-width: 0; }
.home { font-weight: 700; }
a { color: var(--accent); }
a:focus-visible, button:focus-visible, input:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: Canvas; padding: .5rem; }
input, button { font: inherit; padding: .3rem .6rem; border: 1px solid var(--line); border-radius: .3rem; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .3rem; }
.facets { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; }
.packages { list-style: none; padding: 0; }
.packages li { border-bottom: 1px solid var(--line); padding: .75rem 0; }
.packages p { margin: .25rem 0; }
.types { font-family: ui-monospace, monospace; }
.warning { border-left: .3rem solid light-dark(#b00020, #ff8a80); padding-left: .75rem; font-weight: 600; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
small { opacity: .8; }
`;
