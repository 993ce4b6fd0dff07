/** What a body is by its first bytes: some proxies give an event stream another content type. */
import type { Failure } from "../../ir/failure.ts";
import type { Framing } from "../../protocols/protocol.ts";
import { concatBytes } from "../../std/bytes.ts";
import type { UpstreamBody, UpstreamChunk } from "../../upstream/contract.ts";

type Beginning =
  /** `body` holds all of it, the first bytes as well. */
  | { readonly kind: "stream" | "other"; readonly body: UpstreamBody }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted" };

/** Bytes in which a stream must have begun. */
const BEGINNING_BYTES_MAX = 4_096;

export async function readBeginning(body: UpstreamBody, framing: Framing): Promise<Beginning> {
  const chunks: UpstreamChunk[] = [];
  let head = new Uint8Array(0);
  for (;;) {
    const chunk = await body.next();
    if (chunk.kind === "aborted") return chunk;
    if (chunk.kind === "failed") return chunk;
    chunks.push(chunk);
    if (chunk.kind === "end") return { kind: "other", body: withHead(body, chunks) };
    head = concatBytes([head, chunk.bytes.subarray(0, BEGINNING_BYTES_MAX)]);
    const begins = framing.begins(head);
    if (begins === true) return { kind: "stream", body: withHead(body, chunks) };
    if (begins === false || head.length >= BEGINNING_BYTES_MAX) return { kind: "other", body: withHead(body, chunks) };
  }
}

function withHead(body: UpstreamBody, chunks: UpstreamChunk[]): UpstreamBody {
  return {
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
