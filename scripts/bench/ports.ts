// Loopback ports: one that is free, and whether something answers on one.

export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

const WAIT_MS = 10_000;
const PAUSE_MS = 1;

/** Resolves to milliseconds since the call, once a connection is accepted. */
export async function accepted(port: number): Promise<number> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < WAIT_MS) {
    if (await accepts(port)) return performance.now() - startedMs;
    await Bun.sleep(PAUSE_MS);
  }
  throw new Error(`nothing listens on port ${port} after ${WAIT_MS} ms`);
}

async function accepts(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } });
    socket.end();
    return true;
  } catch {
    return false; // refused: not yet
  }
}

/** Sends the request as soon as the port is open; resolves to milliseconds until the first byte of a 200. */
export async function answered(port: number, request: string): Promise<number> {
  const startedMs = performance.now();
  await accepted(port);
  const first = Promise.withResolvers<string>();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_socket, bytes) => first.resolve(bytes.toString("latin1")),
      close: () => first.reject(new Error("the connection was closed without an answer")),
    },
  });
  socket.write(request);
  const text = await first.promise;
  const elapsedMs = performance.now() - startedMs;
  socket.end();
  if (!text.startsWith("HTTP/1.1 200 ")) throw new Error(`the first answer was ${text.slice(0, 300)}`);
  return elapsedMs;
}
