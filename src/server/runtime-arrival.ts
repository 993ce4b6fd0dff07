/** Requests and answers of the runtime's own server, which speaks HTTP/2 here, in the form that both versions share. */
import type { Effects } from "../std/effects.ts";
import type { Arrival, ArrivingBody, BodyEvents, Outgoing } from "./arrival.ts";
import { streamOf } from "./stream.ts";

export function arrivalOf(request: Request): Arrival {
  const headers = headersOf(request);
  return {
    method: request.method,
    target: request.url,
    headers,
    signal: request.signal,
    body: bodyOf(request, headers["content-length"]),
    asRequest: () => request,
  };
}

/** Names come in lower case and a repeated one joined by commas; only Set-Cookie, which no client sends, stays a list. */
function headersOf(request: Request): Record<string, string> {
  const headers = request.headers.toJSON();
  if (headers["set-cookie"] === undefined) return headers;
  const { "set-cookie": _list, ...others } = headers;
  return others;
}

function bodyOf(request: Request, contentLength: string | undefined): ArrivingBody {
  const stream: ReadableStream<Uint8Array> | null = request.body;
  let cancel = (): Promise<void> => Promise.resolve();
  return {
    declared: stream === null ? 0 : declaredOf(contentLength),
    read(events) {
      if (stream === null) return events.end();
      const reader = stream.getReader();
      cancel = () => reader.cancel();
      void pump(() => reader.read(), events);
    },
    letGo() {
      // A broken stream may refuse to be cancelled, which changes nothing.
      cancel().catch(() => undefined);
    },
  };
}

/** The header twice arrives as a list, and a list is two readings of one request. */
function declaredOf(contentLength: string | undefined): ArrivingBody["declared"] {
  if (contentLength === undefined) return null;
  return /^\d+$/.test(contentLength) ? Number(contentLength) : "unsound";
}

type Read = { readonly done: true } | { readonly done: false; readonly value: Uint8Array };

async function pump(next: () => Promise<Read>, events: BodyEvents): Promise<void> {
  for (;;) {
    const read = await next().catch(() => null);
    if (read === null) return events.broken();
    if (read.done) return events.end();
    events.data(read.value);
  }
}

interface Sending {
  readonly request: Request;
  readonly nowMs: Effects["nowMs"];
  readonly setTimer: Effects["setTimer"];
  /** A stream is coming: silence of its connection is not the end of it. */
  readonly onStream: () => void;
}

export function responseOf(
  { status, headers, body }: Outgoing,
  { request, nowMs, setTimer, onStream }: Sending,
): Response {
  if (body instanceof Uint8Array) {
    return new Response(body.length === 0 ? null : Buffer.from(body.buffer, body.byteOffset, body.length), {
      status,
      headers,
    });
  }
  try {
    onStream();
    const stream = streamOf({ source: body.source, signal: request.signal, nowMs, setTimer, onEnd: body.onEnd });
    return new Response(stream, { status, headers });
  } catch (error) {
    // A header the runtime does not take. The source holds a lane, which must not wait for a client that never comes.
    body.source.cancel();
    body.onEnd();
    throw error;
  }
}
