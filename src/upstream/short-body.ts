/** Which bodies are handed on in one piece, once they are whole. */

/** Up to here a body of declared length is read in one piece: a few packets, whose reading one idle timer may bound. */
const WHOLE_BYTES_MAX = 64 * 1024;

/** JSON of a small declared length. Streams are read in pieces whatever they declare. */
export function isShort(headers: Readonly<Record<string, string>>): boolean {
  const length = headers["content-length"];
  if (length === undefined || headers["content-encoding"] !== undefined) return false;
  return Number(length) <= WHOLE_BYTES_MAX && headers["content-type"]?.startsWith("application/json") === true;
}
