/**
 * Reads a request's body whole, under a bound and a deadline of its own: the runtime's idle timer would cut a steady slow
 * upload, and without it a dripping one lives for ever.
 */
import { concatBytes } from "../std/bytes.ts";
import type { Effects } from "../std/effects.ts";

/** Vendors take 20 to 32 MB of images and documents. */
export const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** For the whole body, however steadily it comes. */
export const BODY_TIMEOUT_MS = 60_000;

export type BodyReading =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  | { readonly kind: "timeout" }
  /** The client closed its connection. */
  | { readonly kind: "gone" }
  /** The connection stands, but what came is no body. */
  | { readonly kind: "broken" };

interface ReadBodyInput {
  readonly request: Request;
  /** The header's own text; undefined: it was not sent. */
  readonly contentLength: string | undefined;
  readonly setTimer: Effects["setTimer"];
  readonly bytesMax?: number;
  readonly timeoutMs?: number;
}

export async function readBody(input: ReadBodyInput): Promise<BodyReading> {
  const { request, contentLength } = input;
  const bytesMax = input.bytesMax ?? BODY_BYTES_MAX;
  if (contentLength !== undefined && !(Number(contentLength) <= bytesMax)) return TOO_LARGE;
  const timeoutMs = input.timeoutMs ?? BODY_TIMEOUT_MS;
  if (contentLength !== undefined) return readDeclared(request, input.setTimer, timeoutMs);
  return request.body === null
    ? whole(new Uint8Array(0))
    : readUndeclared(request, request.body, { ...input, bytesMax, timeoutMs });
}

/** A body of declared length is bounded by it, and the runtime collects it at no cost to us. */
function readDeclared(request: Request, setTimer: Effects["setTimer"], timeoutMs: number): Promise<BodyReading> {
  return new Promise((resolve) => {
    const cancelTimer = setTimer(timeoutMs, () => resolve(TIMEOUT));
    const end = (read: BodyReading): void => {
      cancelTimer();
      resolve(read);
    };
    request.bytes().then(
      (bytes) => end(whole(bytes)),
      () => end(whyBroken(request)),
    );
  });
}

async function readUndeclared(
  request: Request,
  stream: ReadableStream<Uint8Array>,
  { bytesMax, timeoutMs, setTimer }: Pick<Required<ReadBodyInput>, "bytesMax" | "timeoutMs" | "setTimer">,
): Promise<BodyReading> {
  let cancelTimer = (): void => undefined;
  const deadline = new Promise<"timeout">((resolve) => {
    cancelTimer = setTimer(timeoutMs, () => resolve("timeout"));
  });
  try {
    return await readChunks(stream, bytesMax, deadline);
  } catch {
    return whyBroken(request);
  } finally {
    cancelTimer();
  }
}

/** The client has left, or sent what is no body. */
function whyBroken(request: Request): BodyReading {
  return request.signal.aborted ? GONE : BROKEN;
}

const TOO_LARGE: BodyReading = { kind: "too-large" };
const TIMEOUT: BodyReading = { kind: "timeout" };
const GONE: BodyReading = { kind: "gone" };
const BROKEN: BodyReading = { kind: "broken" };

function whole(bytes: Uint8Array): BodyReading {
  return { kind: "whole", bytes };
}

/** Of a body without a declared length: counted as it comes, and let go of at the first byte too many. */
async function readChunks(
  stream: ReadableStream<Uint8Array>,
  bytesMax: number,
  deadline: Promise<"timeout">,
): Promise<BodyReading> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let bytesRead = 0;
  for (;;) {
    const read = await Promise.race([reader.read(), deadline]);
    if (read === "timeout") {
      letGo(reader);
      return TIMEOUT;
    }
    if (read.done) return whole(concatBytes(chunks));
    bytesRead += read.value.length;
    if (bytesRead > bytesMax) {
      letGo(reader);
      return TOO_LARGE;
    }
    chunks.push(read.value);
  }
}

/** A broken stream may refuse to be cancelled, which changes nothing. */
function letGo(reader: { cancel(): Promise<void> }): void {
  reader.cancel().catch(() => undefined);
}
