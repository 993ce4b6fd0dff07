// What the runtime's sockets take when nothing is done beside: its server in front, a kept connection of raw bytes to the
// vendor behind, the name of the model replaced. It knows only the answers of the benchmark's vendor. Its arguments: the
// port it takes and the vendor's.

const [port, vendorPort] = process.argv.slice(2).map(Number);
const PORT = vendorPort ?? 0;

interface Call {
  readonly done: (response: Response) => void;
  held: Buffer;
  /** null: the head has not come. */
  stream: { readonly controller: ReadableStreamDirectController; readonly close: () => void } | null;
}

interface State {
  call: Call | null;
  owed: Buffer | null;
}

const idle: Bun.Socket<State>[] = [];

const handler: Bun.SocketHandler<State> = {
  data(socket, bytes) {
    const { call } = socket.data;
    if (call === null) return;
    call.held = call.held.length === 0 ? bytes : Buffer.concat([call.held, bytes]);
    if (call.stream === null) begin(socket, call);
    else passOn(socket, call);
  },
  drain: send,
};

Bun.serve({
  hostname: "127.0.0.1",
  port: port ?? 0,
  async fetch(request) {
    const text = (await request.text()).replace(/"model":"[^"]*"/, '"model":"bench-model"');
    const path = request.url.slice(request.url.indexOf("/", 8));
    const head = `POST ${path} HTTP/1.1\r\nhost: vendor\r\nauthorization: Bearer bench-vendor-key\r\ncontent-type: application/json\r\n`;
    const { promise, resolve } = Promise.withResolvers<Response>();
    const whole = `${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
    const call: Call = { done: resolve, held: Buffer.alloc(0), stream: null };
    const data = { call, owed: Buffer.from(whole) };
    const socket =
      idle.pop() ?? (await Bun.connect<State>({ hostname: "127.0.0.1", port: PORT, socket: handler, data }));
    socket.data = data;
    send(socket);
    return await promise;
  },
});
process.on("SIGTERM", () => process.exit(0));

function send(socket: Bun.Socket<State>): void {
  const { owed } = socket.data;
  if (owed === null) return;
  const taken = Math.max(0, socket.write(owed));
  socket.data.owed = taken < owed.length ? owed.subarray(taken) : null;
}

function begin(socket: Bun.Socket<State>, call: Call): void {
  const headEnd = call.held.indexOf("\r\n\r\n");
  if (headEnd < 0) return;
  const head = call.held.toString("latin1", 0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = headEnd + 4 + Number(length);
    if (call.held.length < end) return;
    free(socket);
    const headers = { "content-type": "application/json" };
    call.done(new Response(call.held.subarray(headEnd + 4, end), { headers }));
    return;
  }
  call.held = call.held.subarray(headEnd + 4);
  const body = new ReadableStream({
    type: "direct",
    pull(controller) {
      const { promise, resolve } = Promise.withResolvers<void>();
      call.stream = { controller, close: resolve };
      passOn(socket, call);
      return promise;
    },
  });
  call.done(new Response(body, { headers: { "content-type": "text/event-stream" } }));
}

/** Every whole chunk that has come: its size, its bytes, an end of line. */
function passOn(socket: Bun.Socket<State>, call: Call): void {
  const { stream } = call;
  if (stream === null) return;
  for (;;) {
    const lineEnd = call.held.indexOf("\r\n");
    if (lineEnd < 0) break;
    const size = Number.parseInt(call.held.toString("latin1", 0, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (call.held.length < end + 2) break;
    if (size === 0) {
      free(socket);
      stream.controller.end();
      stream.close();
      return;
    }
    stream.controller.write(call.held.subarray(lineEnd + 2, end));
    call.held = call.held.subarray(end + 2);
  }
  void stream.controller.flush();
}

function free(socket: Bun.Socket<State>): void {
  socket.data = { call: null, owed: null };
  idle.push(socket);
}

export {};
