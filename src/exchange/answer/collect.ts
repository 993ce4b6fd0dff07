/** Reads a body up to a bound. */
import type { Failure } from "../../ir/failure.ts";
import { concatBytes } from "../../std/bytes.ts";
import type { UpstreamBody } from "../../upstream/send.ts";

export type Collected =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  /** The bound was reached; more may follow. */
  | { readonly kind: "cut"; readonly bytes: Uint8Array }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted" };

/** Bytes that one body, or several read side by side, may take together. */
export interface Room {
  left: number;
}

export async function collect(body: UpstreamBody, bytesMax: number | Room): Promise<Collected> {
  const room = typeof bytesMax === "number" ? { left: bytesMax } : bytesMax;
  const parts: Uint8Array[] = [];
  for (;;) {
    const chunk = await body.next();
    switch (chunk.kind) {
      case "bytes":
        parts.push(chunk.bytes);
        room.left -= chunk.bytes.length;
        if (room.left < 0) return { kind: "cut", bytes: joined(parts) };
        if (chunk.isLast && parts.length === 1) return { kind: "whole", bytes: chunk.bytes };
        break;
      case "end":
        return { kind: "whole", bytes: joined(parts) };
      case "failed":
      case "aborted":
        return chunk;
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : concatBytes(parts);
}
