// The yardstick of the benchmark: the runtime's server and its `fetch`, the name of the model replaced, and nothing else.
// Its arguments: the port it takes and the vendor's.

const [port, vendorPort] = process.argv.slice(2).map(Number);

Bun.serve({
  hostname: "127.0.0.1",
  port: port ?? 0,
  async fetch(request) {
    const body = await request.text();
    const { pathname } = new URL(request.url);
    const answer = await fetch(`http://127.0.0.1:${vendorPort}${pathname}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer bench-vendor-key" },
      body: body.replace(/"model":"[^"]*"/, '"model":"bench-model"'),
    });
    const type = answer.headers.get("content-type") ?? "";
    const content = type.startsWith("text/event-stream") ? answer.body : await answer.bytes();
    return new Response(content, { status: answer.status, headers: { "content-type": type } });
  },
});
process.on("SIGTERM", () => process.exit(0));

export {};
