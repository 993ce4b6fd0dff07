/** Reads a body up to a bound, and a whole one as JSON. */
import type { Failure } from "../../ir/failure.ts";
import { concatBytes, decodeUtf8 } from "../../std/bytes.ts";
import { JSON_LIMITS, parseBody, parseJson, scanJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { UpstreamBody } from "../../upstream/contract.ts";

export type Collected =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  /** The bound was reached; more may follow. */
  | { readonly kind: "cut"; readonly bytes: Uint8Array }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted" };

/** Bytes that one body, or several read side by side, may take together. */
export interface ByteAllowance {
  left: number;
}

/** No promise where all of it has come already. */
export function collect(body: UpstreamBody, bytesMax: number | ByteAllowance): Collected | Promise<Collected> {
  const bytes = body.whole?.() ?? null;
  if (bytes === null) return collectPieces(body, typeof bytesMax === "number" ? { left: bytesMax } : bytesMax);
  if (typeof bytesMax === "number") return { kind: bytes.length > bytesMax ? "cut" : "whole", bytes };
  bytesMax.left -= bytes.length;
  return { kind: bytesMax.left < 0 ? "cut" : "whole", bytes };
}

async function collectPieces(body: UpstreamBody, room: ByteAllowance): Promise<Collected> {
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

export function jsonOrNull(bytes: Uint8Array): unknown {
  return parsedOrNull(bytes, parseJson);
}

/** Keeps the author's digits where a double would not; a scan tells whether there are any such, as a rule not. */
export function exactJsonOrNull(bytes: Uint8Array): unknown {
  const scan = scanJson(bytes, JSON_LIMITS);
  // What the scan does not let pass (deep, or many names) may still be an answer: read with care, as it was sent.
  return parsedOrNull(bytes, (text) => parseBody(text, scan.kind === "bad" || scan.exactNumbers));
}

function parsedOrNull(bytes: Uint8Array, parse: (text: string) => unknown): unknown {
  try {
    return parse(decodeUtf8(bytes));
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
