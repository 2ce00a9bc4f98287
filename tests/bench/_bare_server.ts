// A server that does nothing but answer with the same bytes: what Deno.serve can do at most. Prints its origin.
const body = new TextEncoder().encode(await Deno.readTextFile(Deno.args[0]!));
const headers = { "content-type": "application/typescript; charset=utf-8" };
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  () => new Response(body, { headers }),
);
console.log(`http://127.0.0.1:${server.addr.port}`);
