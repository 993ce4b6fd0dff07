/**
 * Reads a request's body whole, under its own bound and deadline. The runtime's idle timer would cut a steady slow
 * upload, and no timer at all would keep a dripping one for ever.
 */
import { concatBytes } from "../std/bytes.ts";
import type { Effects } from "../std/effects.ts";
import type { BodyRoom } from "./body-room.ts";

/** Vendors take 20 to 32 MB of images and documents. */
export const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** A declared body up to this length takes its room before it has come, and is collected by the runtime. */
const COLLECTED_BYTES_MAX = 64 * 1024;
/** For the whole body, however steadily it comes. */
export const BODY_TIMEOUT_MS = 60_000;

export type BodyReading =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  /** Other bodies take the room there is. */
  | { readonly kind: "no-room" }
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
  /** Absent: as much as there is. */
  readonly room?: Pick<BodyRoom, "take">;
  /** Resolves when the runtime has done with the bytes that came last; absent: what follows a body does not matter. */
  readonly nextTurn?: () => Promise<void>;
  readonly bytesMax?: number;
  readonly timeoutMs?: number;
}

export async function readBody(input: ReadBodyInput): Promise<BodyReading> {
  const { request, contentLength, room = ENDLESS } = input;
  const bytesMax = input.bytesMax ?? BODY_BYTES_MAX;
  const timeoutMs = input.timeoutMs ?? BODY_TIMEOUT_MS;
  // The header twice arrives as a list, and a list is two readings of one request.
  if (contentLength !== undefined && !DIGITS.test(contentLength)) return BROKEN;
  const declared = contentLength === undefined ? null : Number(contentLength);
  if (declared !== null && declared > bytesMax) return TOO_LARGE;
  if (declared !== null && declared <= COLLECTED_BYTES_MAX) {
    return room.take(declared) ? readCollected(request, { declared, timeoutMs, setTimer: input.setTimer }) : NO_ROOM;
  }
  if (request.body === null) return whole(new Uint8Array(0));
  const read = await readAsItComes(request, request.body, { ...input, room, bytesMax, timeoutMs, declared });
  if (declared !== null || read.kind !== "whole" || input.nextTurn === undefined) return read;
  // Of a body in chunks the runtime looks at what follows the last one after it has told of the end.
  await input.nextTurn();
  return request.signal.aborted ? GONE : read;
}

const ENDLESS: Pick<BodyRoom, "take"> = { take: () => true };
const DIGITS = /^\d+$/;

interface CollectInput {
  readonly declared: number;
  readonly timeoutMs: number;
  readonly setTimer: Effects["setTimer"];
}

/** A body of declared length is bounded by it, and the runtime collects it at no cost to us. */
function readCollected(request: Request, { declared, timeoutMs, setTimer }: CollectInput): Promise<BodyReading> {
  return new Promise((resolve) => {
    const cancelTimer = setTimer(timeoutMs, () => resolve(TIMEOUT));
    const end = (read: BodyReading): void => {
      cancelTimer();
      resolve(read);
    };
    request.bytes().then(
      (bytes) => end(bytes.length === declared ? whole(bytes) : whyBroken(request)),
      () => end(whyBroken(request)),
    );
  });
}

interface ComingBody {
  readonly room: Pick<BodyRoom, "take">;
  readonly setTimer: Effects["setTimer"];
  readonly bytesMax: number;
  readonly timeoutMs: number;
  /** null: it comes in chunks. */
  readonly declared: number | null;
}

async function readAsItComes(
  request: Request,
  stream: ReadableStream<Uint8Array>,
  input: ComingBody,
): Promise<BodyReading> {
  let cancelTimer = (): void => undefined;
  const deadline = new Promise<"timeout">((resolve) => {
    cancelTimer = input.setTimer(input.timeoutMs, () => resolve("timeout"));
  });
  try {
    const read = await readChunks(stream, input, deadline);
    const isShort = read.kind === "whole" && input.declared !== null && read.bytes.length !== input.declared;
    return isShort ? whyBroken(request) : read;
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
const NO_ROOM: BodyReading = { kind: "no-room" };
const TIMEOUT: BodyReading = { kind: "timeout" };
const GONE: BodyReading = { kind: "gone" };
const BROKEN: BodyReading = { kind: "broken" };

function whole(bytes: Uint8Array): BodyReading {
  return { kind: "whole", bytes };
}

/** Counted as it comes, and let go of at the first byte too many. */
async function readChunks(
  stream: ReadableStream<Uint8Array>,
  { bytesMax, room }: Pick<ComingBody, "bytesMax" | "room">,
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
    const isTooLarge = bytesRead > bytesMax;
    if (isTooLarge || !room.take(read.value.length)) {
      letGo(reader);
      return isTooLarge ? TOO_LARGE : NO_ROOM;
    }
    chunks.push(read.value);
  }
}

/** A broken stream may refuse to be cancelled, which changes nothing. */
function letGo(reader: { cancel(): Promise<void> }): void {
  reader.cancel().catch(() => undefined);
}
