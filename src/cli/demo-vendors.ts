/** The simulated vendors on a loopback port: plays the steps they answer with, pauses and broken connections included. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { VendorAnswer, VendorCall, Vendors } from "../demo/vendor.ts";

export interface VendorServer {
  /** Without a trailing slash. */
  readonly url: string;
  close(): Promise<void>;
}

/** Above the gateway's own bound: what it lets through is answered. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;
/** Longer than a gateway keeps a connection it does not use, so that none is closed under its hands. */
const KEEP_ALIVE_MS = 600_000;

export async function serveVendors(vendors: Vendors, wallMs: () => number): Promise<VendorServer> {
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    serve(vendors, request, response, { wallMs, gone: gone.signal }).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the simulated vendors have no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  vendors: Vendors,
  request: IncomingMessage,
  response: ServerResponse,
  { wallMs, gone }: { readonly wallMs: () => number; readonly gone: AbortSignal },
): Promise<void> {
  const call = await readCall(request);
  const answer = vendors.answer(call, wallMs());
  await play(answer, response, gone);
}

async function readCall(request: IncomingMessage): Promise<VendorCall> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    if (!Buffer.isBuffer(piece)) throw new Error("a body came as text");
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("a body is larger than simulated vendors take");
    pieces.push(piece);
  }
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
    name,
    typeof value === "string" ? value : (value ?? []).join(", "),
  ]);
  return {
    method: request.method ?? "GET",
    path: (request.url ?? "/").split("?", 1)[0] ?? "/",
    headers: Object.fromEntries(headers),
    body: Buffer.concat(pieces).toString("utf8"),
  };
}

async function play(answer: VendorAnswer, response: ServerResponse, gone: AbortSignal): Promise<void> {
  await pause(answer.kind === "reset" ? answer.afterMs : answer.firstByteMs, gone);
  if (gone.aborted) return;
  if (answer.kind === "reset") {
    reset(response);
    return;
  }
  response.writeHead(answer.status, { ...answer.headers });
  for (const { afterMs, bytes } of answer.pieces) {
    if (afterMs > 0) await pause(afterMs, gone);
    if (gone.aborted) return;
    await write(response, bytes);
  }
  if (answer.ending === "end") {
    response.end();
    return;
  }
  await pause(BEFORE_RESET_MS, gone);
  reset(response);
}

/** A reset overtakes what is still on its way; the pieces before it are to be seen. */
const BEFORE_RESET_MS = 20;

/** RST, not a proper end: what a vendor's crash looks like from outside. */
function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** A client that reads slowly, or has left, holds up only itself. */
function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (response.write(bytes)) resolve();
    else {
      response.once("drain", resolve);
      response.once("close", () => resolve());
    }
  });
}

/** Ends early when the client has left. */
function pause(ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ms <= 0 || gone.aborted) {
      resolve();
      return;
    }
    const finish = () => {
      clearTimeout(timer);
      gone.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    gone.addEventListener("abort", finish);
  });
}
