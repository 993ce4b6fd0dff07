/**
 * Decodes a request body that came compressed. What it holds is bounded as it comes out, so that a small body that swells
 * is refused before it has; and it takes its room among the bodies in memory like one that came as it is.
 */
import { concatBytes } from "../std/bytes.ts";
import { unreachable } from "../std/unreachable.ts";
import type { BodyReading } from "./body.ts";
import type { BodyRoom } from "./body-room.ts";
import { endsWithItsFrame } from "./zstd-frames.ts";

type Encoding = "gzip" | "deflate" | "br" | "zstd";

export type Decoding =
  | Extract<BodyReading, { readonly kind: "whole" | "too-large" | "no-room" }>
  /** It is not what its encoding says, or it ends too early or too late. */
  | { readonly kind: "undecodable" };

/** One inside the other: more are no client's. */
const ENCODINGS_MAX = 2;

/** As listed: the first was applied first. null: the body is not encoded, or in a way that is not known here. */
export function encodingsOf(header: string | undefined): readonly Encoding[] | null {
  if (header === undefined) return null;
  const words = header
    .split(",")
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "" && word !== "identity");
  const known = words.map((word) => NAMES.get(word)).filter((encoding) => encoding !== undefined);
  return words.length === 0 || known.length !== words.length || known.length > ENCODINGS_MAX ? null : known;
}

/** RFC 9110 section 8.4.1 has a recipient take `x-gzip` for gzip. */
const NAMES: ReadonlyMap<string, Encoding> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
  ["br", "br"],
  ["zstd", "zstd"],
]);

interface DecodeInput {
  readonly encodings: readonly Encoding[];
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
  readonly encoding: Encoding;
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

/** RFC 9659: a window of at most 8 MiB, which is what a decoder keeps beside its output. */
const ZSTD_WINDOW_LOG_MAX = 23;

/** Loaded with the first body that needs it. */
async function openDecoder(encoding: Encoding, bytes: Uint8Array) {
  const zlib = await import("node:zlib");
  switch (encoding) {
    case "gzip":
      return zlib.createGunzip();
    case "deflate":
      return hasZlibHeader(bytes) ? zlib.createInflate() : zlib.createInflateRaw();
    case "br":
      return zlib.createBrotliDecompress();
    case "zstd":
      return zlib.createZstdDecompress({ params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } });
    default:
      return unreachable(encoding);
  }
}

/** RFC 1950 section 2.2. Some clients send the bare stream of RFC 1951 under the same name. */
function hasZlibHeader(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
}
