/**
 * A vendor made of raw sockets: every byte it sends is spelled by the test, and everything a real one does wrong (resets,
 * cuts, silence, drips) is a step. It listens on loopback at a free port and keeps what it was sent.
 */
import { createServer, type Server, type Socket } from "node:net";

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Resolves when the client's side of this connection is gone. */
  readonly gone: Promise<void>;
}

export type Step =
  | { readonly do: "write"; readonly bytes: string | Uint8Array }
  /** Waits for the test, or for the connection to go. */
  | { readonly do: "wait"; readonly until: Promise<unknown> }
  /** Slowness itself; for nothing else. */
  | { readonly do: "pause"; readonly ms: number }
  /** Says nothing more until the client leaves. */
  | { readonly do: "hang" }
  /** RST instead of a proper end. */
  | { readonly do: "reset" }
  /** FIN. */
  | { readonly do: "end" };

/** The answer's steps; without `reset`, `end` or `hang` the connection stays open for the next request. */
export type Script = (request: ReceivedRequest, index: number) => readonly Step[];

export interface FakeUpstream {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Replaces the script; requests that are being answered keep theirs. */
  answer(script: Script): void;
  /** Resolves when that many requests have arrived. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

const HEAD_END = Buffer.from("\r\n\r\n");

export async function startFakeUpstream(
  script: Script = () => [jsonStep(500, { error: { message: "no script" } })],
): Promise<FakeUpstream> {
  let current = script;
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  let waiters: { count: number; wake: () => void }[] = [];
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    void serveSocket(socket, gone, async (request) => {
      requests.push(request);
      waiters = waiters.filter(({ count, wake }) => {
        if (requests.length < count) return true;
        wake();
        return false;
      });
      await play(socket, gone, current(request, requests.length - 1));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake upstream has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    answer(next) {
      current = next;
    },
    received: (count) =>
      requests.length >= count ? Promise.resolve() : new Promise((wake) => waiters.push({ count, wake })),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function serveSocket(
  socket: Socket,
  gone: Promise<void>,
  onRequest: (request: ReceivedRequest) => Promise<void>,
): Promise<void> {
  let held = Buffer.alloc(0);
  const chunks = socket[Symbol.asyncIterator]();
  const more = async (): Promise<boolean> => {
    const next = await chunks.next().catch(() => ({ done: true, value: undefined }));
    if (next.done === true || next.value === undefined) return false;
    held = Buffer.concat([held, next.value]);
    return true;
  };
  for (;;) {
    let headEnd = held.indexOf(HEAD_END);
    while (headEnd === -1) {
      if (!(await more())) return;
      headEnd = held.indexOf(HEAD_END);
    }
    const [requestLine = "", ...lines] = held.subarray(0, headEnd).toString("latin1").split("\r\n");
    const [method = "", path = ""] = requestLine.split(" ");
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const bodyStart = headEnd + HEAD_END.length;
    const length = Number(headers["content-length"] ?? 0);
    while (held.length < bodyStart + length) if (!(await more())) return;
    const body = Buffer.from(held.subarray(bodyStart, bodyStart + length));
    held = held.subarray(bodyStart + length);
    await onRequest({ method, path, headers, body, gone });
    if (socket.destroyed) return;
  }
}

async function play(socket: Socket, gone: Promise<void>, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return;
    switch (step.do) {
      case "write":
        await new Promise<void>((resolve) => {
          if (socket.write(step.bytes)) {
            resolve();
            return;
          }
          const goOn = (): void => {
            socket.off("drain", goOn);
            socket.off("close", goOn);
            resolve();
          };
          socket.once("drain", goOn);
          socket.once("close", goOn);
        });
        break;
      case "wait":
        await Promise.race([step.until, gone]);
        break;
      case "pause":
        await Promise.race([Bun.sleep(step.ms), gone]);
        break;
      case "hang":
        await gone;
        return;
      case "reset":
        socket.resetAndDestroy();
        return;
      case "end":
        socket.end();
        await gone;
        return;
    }
  }
}

// ---------------------------------------------------------------- answers in exact bytes

/** A whole JSON answer with its length. */
export function jsonStep(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Step {
  return rawStep(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

export function rawStep(status: number, body: string, headers: Readonly<Record<string, string>>): Step {
  const all = { ...headers, "content-length": String(Buffer.byteLength(body)) };
  return { do: "write", bytes: `${head(status, all)}${body}` };
}

/** Opens a chunked event stream; follow with `chunk` and `lastChunk`, or cut it off. */
export function streamHead(headers: Readonly<Record<string, string>> = {}): Step {
  return {
    do: "write",
    bytes: head(200, { "content-type": "text/event-stream", ...headers, "transfer-encoding": "chunked" }),
  };
}

export function chunk(text: string | Uint8Array): Step {
  const bytes = typeof text === "string" ? Buffer.from(text) : Buffer.from(text);
  return {
    do: "write",
    bytes: Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]),
  };
}

export const lastChunk: Step = { do: "write", bytes: "0\r\n\r\n" };

/** A complete event stream, one chunk a frame. */
export function streamSteps(frames: readonly string[], headers: Readonly<Record<string, string>> = {}): Step[] {
  return [streamHead(headers), ...frames.map(chunk), lastChunk];
}

function head(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Scripted\r\n${lines.join("")}\r\n`;
}
