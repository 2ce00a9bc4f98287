import assert from "node:assert/strict";
import { readmeHtml } from "./readme.ts";

Deno.test("readmeHtml() lets nothing through that could act", () => {
  const attacks = [
    "<script>alert(1)</script>",
    'x <img src=x onerror="alert(1)"> y',
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "![a](javascript:alert(1))",
    '[a](http://b "\\"onmouseover=\\"alert(1)")',
    '[a](<http://b/" onclick=alert(1) x=">)',
    "<a href='javascript:alert(1)'>a</a>",
    '<http://b/"onclick=alert(1)>',
    "```<script>\n</script>```",
    "`<script>`",
    '<iframe srcdoc="<script>alert(1)</script>">',
    "| a |\n|---|\n| <svg onload=alert(1)> |",
    "# <b onclick=alert(1)>",
    '```js" onclick="alert(1)\n1\n```',
    "[a]: javascript:alert(1)\n[a]",
  ];
  for (const attack of attacks) {
    const html = readmeHtml(attack, "/@lab/a/1.0.0/");
    const tags = [...html.matchAll(/<\/?([a-z0-9]+)([^>]*)>/gi)];
    for (const [tag, name, rest] of tags) {
      assert.match(name!, /^(p|a|h2|pre|code|table|thead|tbody|tr|th|td)$/, `${attack}: ${tag}`);
      const attributes = rest!.replace(/"[^"]*"/g, '""');
      assert.match(attributes, /^( (href|rel|class)="")*$/, `${attack}: ${tag}`);
    }
    assert.doesNotMatch(html, /href="(?!https?:|mailto:|\/)/i, attack);
  }
});

Deno.test("readmeHtml() keeps links into the package and to the web", () => {
  assert.match(
    readmeHtml("[a](./docs/a.md#b)", "/@lab/a/1.0.0/"),
    /href="\/@lab\/a\/1\.0\.0\/docs\/a\.md#b"/,
  );
  assert.match(
    readmeHtml("[a](https://example.com/?a=1&b=2)", "/x/"),
    /href="https:\/\/example\.com\/\?a=1&#38;b=2"/,
  );
});
