/** What a body is by its first bytes: some proxies give an event stream another content type, or a whole answer that of a stream. */
import type { Failure } from "../../ir/failure.ts";
import type { Framing } from "../../protocols/protocol.ts";
import { concatBytes } from "../../std/bytes.ts";
import type { PushedBody, UpstreamBody, UpstreamChunk } from "../../upstream/contract.ts";
import { pushedBody } from "../../upstream/pushed-body.ts";

type Beginning =
  /** `body` holds all of it, the first bytes as well. */
  | { readonly kind: "stream" | "other"; readonly body: UpstreamBody }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted" };

/** Bytes in which a stream must have begun. */
const BEGINNING_BYTES_MAX = 4_096;

/** `isNamed`: its content type says that it is a stream, which only a body that begins as JSON belies. */
export async function readBeginning(body: UpstreamBody, framing: Framing, isNamed: boolean): Promise<Beginning> {
  const judge = isNamed ? beginsNoJson : framing.begins;
  const otherwise = isNamed ? "stream" : "other";
  const chunks: UpstreamChunk[] = [];
  let head = new Uint8Array(0);
  for (;;) {
    const chunk = await body.next();
    if (chunk.kind === "aborted") return chunk;
    if (chunk.kind === "failed") return chunk;
    chunks.push(chunk);
    if (chunk.kind === "end") return { kind: otherwise, body: withHead(body, chunks) };
    head = concatBytes([head, chunk.bytes.subarray(0, BEGINNING_BYTES_MAX)]);
    const begins = judge(head);
    if (begins === true) return { kind: "stream", body: withHead(body, chunks) };
    if (begins === false) return { kind: "other", body: withHead(body, chunks) };
    if (head.length >= BEGINNING_BYTES_MAX) return { kind: otherwise, body: withHead(body, chunks) };
  }
}

/** null: only a byte order mark and blanks have come. */
function beginsNoJson(bytes: Uint8Array): boolean | null {
  const first = bytes.find((byte) => !BLANKS.has(byte));
  return first === undefined ? null : first !== OPENING_BRACE && first !== OPENING_BRACKET;
}

const [OPENING_BRACE, OPENING_BRACKET] = [0x7b, 0x5b];
/** Those of JSON, and the bytes of a byte order mark. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

function withHead(body: UpstreamBody, chunks: UpstreamChunk[]): UpstreamBody {
  return {
    pushTo: (take) => pushRest(body, chunks, take),
    next() {
      const chunk = chunks.shift();
      return chunk === undefined ? body.next() : Promise.resolve(chunk);
    },
    idled: () => body.idled(),
    begun: () => body.begun(),
    cancel() {
      chunks.length = 0;
      body.cancel();
    },
  };
}

/** What has been looked at is given first. */
function pushRest(body: UpstreamBody, chunks: UpstreamChunk[], take: (chunk: UpstreamChunk) => void): PushedBody {
  const rest = pushedBody(body, take);
  if (chunks.length === 0) return rest;
  let isPaused = true;
  let isOver = false;
  return {
    pause() {
      isPaused = true;
      rest.pause();
    },
    resume() {
      isPaused = false;
      while (!isPaused && !isOver) {
        const chunk = chunks.shift();
        if (chunk === undefined) return rest.resume();
        isOver = chunk.kind !== "bytes";
        take(chunk);
      }
    },
  };
}
