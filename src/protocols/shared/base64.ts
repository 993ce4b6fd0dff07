/**
 * Base64 as every vendor takes it: the standard alphabet, padded, in one line. Clients of some protocols send the URL-safe
 * alphabet, leave the padding out, break lines, or escape signs as in an address.
 */

/** The same bytes in the standard spelling; a text that is no base64 in any spelling stays as it is, for the vendor to judge. */
export function standardBase64(text: string): string {
  if (text.length % 4 === 0 && STANDARD.test(text)) return text;
  const signs = text
    .replace(/%(2b|2f|3d)/gi, decodeURIComponent)
    .replace(/\s+/g, "")
    .replace(/=+$/, "")
    .replaceAll("-", "+")
    .replaceAll("_", "/");
  // One sign alone holds no byte.
  if (signs.length % 4 === 1 || !UNPADDED.test(signs)) return text;
  return signs.padEnd(Math.ceil(signs.length / 4) * 4, "=");
}

const STANDARD = /^[A-Za-z0-9+/]*={0,2}$/;
const UNPADDED = /^[A-Za-z0-9+/]*$/;
