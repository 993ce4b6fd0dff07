/** Answers of the exchange as responses of the runtime. Every one of them is the client's own: no cache may keep it. */
import type { Answer } from "../exchange/contract.ts";
import { type StreamInput, streamOf } from "./stream.ts";

interface RespondOptions {
  /** The connection ends with this answer: the server stops, or the rest of the body is not worth reading. */
  readonly close: boolean;
}

/** A whole answer. A streamed one is a bug here: its client would not be watched. */
export function respond(answer: Answer, { close }: RespondOptions): Response {
  const { status, body } = answer;
  if (!(body instanceof Uint8Array)) throw new Error("a streamed answer needs a client to watch");
  const headers: Record<string, string> = { ...answer.headers, "cache-control": "no-store" };
  if (close) headers["connection"] = "close";
  return new Response(body.length === 0 ? null : Buffer.from(body.buffer, body.byteOffset, body.length), {
    status,
    headers,
  });
}

export function respondStream(answer: Answer, input: StreamInput, { close }: RespondOptions): Response {
  const headers: Record<string, string> = { ...answer.headers, "cache-control": "no-store", "x-accel-buffering": "no" };
  if (close) headers["connection"] = "close";
  try {
    return new Response(streamOf(input), { status: answer.status, headers });
  } catch (error) {
    // A header the runtime does not take. The source holds a lane, which must not wait for a client that never comes.
    input.source.cancel();
    throw error;
  }
}
