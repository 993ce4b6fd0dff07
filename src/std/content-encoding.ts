/** The content encodings HTTP bodies come in, and the runtime's decoder of each. */
import { unreachable } from "./unreachable.ts";

export type ContentEncoding = "gzip" | "deflate" | "br" | "zstd";

/** RFC 9110 section 8.4.1 has a recipient take `x-gzip` for gzip. */
export const CONTENT_ENCODINGS: ReadonlyMap<string, ContentEncoding> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
  ["br", "br"],
  ["zstd", "zstd"],
]);

/** RFC 9659: a window of at most 8 MiB, which is what a decoder keeps beside its output. */
const ZSTD_WINDOW_LOG_MAX = 23;

/** `bytes`: the first two or more. Loaded with the first body that needs it. */
export async function openDecoder(encoding: ContentEncoding, bytes: Uint8Array) {
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
