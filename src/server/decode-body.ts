/**
 * Decodes a request body that came compressed. What it holds is bounded as it comes out, so that a small body that swells
 * is refused before it has; and it takes its room among the bodies in memory like one that came as it is.
 */
import { concatBytes } from "../std/bytes.ts";
import { CONTENT_ENCODINGS, type ContentEncoding, openDecoder } from "../std/content-encoding.ts";
import type { BodyReading } from "./body.ts";
import type { BodyRoom } from "./body-room.ts";
import { endsWithItsFrame } from "./zstd-frames.ts";

export type Decoding =
  | Extract<BodyReading, { readonly kind: "whole" | "too-large" | "no-room" }>
  /** It is not what its encoding says, or it ends too early or too late. */
  | { readonly kind: "undecodable" };

/** One inside the other: more are no client's. */
const ENCODINGS_MAX = 2;

/** As listed: the first was applied first. null: the body is not encoded, or in a way that is not known here. */
export function encodingsOf(header: string | undefined): readonly ContentEncoding[] | null {
  if (header === undefined) return null;
  const words = header
    .split(",")
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "" && word !== "identity");
  const known = words.map((word) => CONTENT_ENCODINGS.get(word)).filter((encoding) => encoding !== undefined);
  return words.length === 0 || known.length !== words.length || known.length > ENCODINGS_MAX ? null : known;
}

interface DecodeInput {
  readonly encodings: readonly ContentEncoding[];
  readonly room: Pick<BodyRoom, "take">;
  /** Of what comes out, at every step. */
  readonly bytesMax: number;
}

export async function decodeBody(bytes: Uint8Array, { encodings, room, bytesMax }: DecodeInput): Promise<Decoding> {
  let decoded: Decoding = { kind: "whole", bytes };
  for (const encoding of encodings.toReversed()) {
    if (decoded.kind !== "whole") return decoded;
    decoded = await decode(decoded.bytes, { encoding, room, bytesMax });
  }
  return decoded;
}

interface DecodeOnce extends Omit<DecodeInput, "encodings"> {
  readonly encoding: ContentEncoding;
}

async function decode(bytes: Uint8Array, { encoding, room, bytesMax }: DecodeOnce): Promise<Decoding> {
  // The library takes a frame of zstd that stops in the middle for whole.
  if (encoding === "zstd" && !endsWithItsFrame(bytes)) return UNDECODABLE;
  const decoder = await openDecoder(encoding, bytes);
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    decoder.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      const isTooLarge = length > bytesMax;
      if (!isTooLarge && room.take(chunk.length)) {
        chunks.push(chunk);
        return;
      }
      decoder.destroy();
      resolve({ kind: isTooLarge ? "too-large" : "no-room" });
    });
    decoder.on("error", () => resolve(UNDECODABLE));
    decoder.on("end", () => {
      // What follows the end of a body is no part of it, and another reader could take it for one.
      resolve(decoder.bytesWritten === bytes.length ? { kind: "whole", bytes: concatBytes(chunks) } : UNDECODABLE);
    });
    decoder.end(bytes);
  });
}

const UNDECODABLE: Decoding = { kind: "undecodable" };
