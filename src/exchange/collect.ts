/** Reads a body up to a bound. */
import type { Failure } from "../ir/failure.ts";
import { concatBytes } from "../std/bytes.ts";
import type { UpstreamBody } from "../upstream/index.ts";

export type Collected =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  /** The bound was reached; more may follow. */
  | { readonly kind: "cut"; readonly bytes: Uint8Array }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted" };

export async function collect(body: UpstreamBody, bytesMax: number): Promise<Collected> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = await body.next();
    switch (chunk.kind) {
      case "bytes":
        if (chunk.isLast && parts.length === 0) return wholeOrCut(chunk.bytes, bytesMax);
        parts.push(chunk.bytes);
        size += chunk.bytes.length;
        if (size > bytesMax) return { kind: "cut", bytes: concatBytes(parts) };
        break;
      case "end":
        return { kind: "whole", bytes: parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(parts) };
      case "failed":
      case "aborted":
        return chunk;
    }
  }
}

function wholeOrCut(bytes: Uint8Array, bytesMax: number): Collected {
  return { kind: bytes.length > bytesMax ? "cut" : "whole", bytes };
}
