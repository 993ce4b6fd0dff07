/** Answers of the exchange on their way out. Every one of them is the client's own: no cache may keep it. */
import type { Answer } from "../exchange/contract.ts";
import type { Outgoing } from "./arrival.ts";

interface RespondOptions {
  /** The connection ends with this answer: the server stops, or the rest of the body is not worth reading. */
  readonly close: boolean;
}

/** A whole answer. A streamed one is a bug here: its client would not be watched. */
export function respond(answer: Answer, { close }: RespondOptions): Outgoing {
  const { status, headers, body } = answer;
  if (!(body instanceof Uint8Array)) throw new Error("a streamed answer needs a client to watch");
  return { status, headers: { ...headers, "cache-control": "no-store" }, body, close };
}

export function respondStream(answer: Answer, onEnd: () => void, { close }: RespondOptions): Outgoing {
  const { status, headers, body: source } = answer;
  if (source instanceof Uint8Array) throw new Error("a whole answer is no stream");
  return {
    status,
    headers: { ...headers, "cache-control": "no-store", "x-accel-buffering": "no" },
    body: { source, onEnd },
    close,
  };
}

/** A whole answer that the framework made. */
export async function outgoingOf(response: Response, { close }: RespondOptions): Promise<Outgoing> {
  const body = response.body === null ? EMPTY : new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: response.headers.toJSON(), body, close };
}

export function json(value: unknown, status: number, headers: Readonly<Record<string, string>>): Outgoing {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { "content-type": "application/json", ...headers }, body, close: false };
}

export const EMPTY = new Uint8Array(0);
