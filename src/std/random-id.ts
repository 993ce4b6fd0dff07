/** Text that cannot be guessed, of letters and digits: ids and secrets. Chance is an argument. */

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE62_CODES = Buffer.from(BASE62);

/** `fill` writes chance over all of the bytes. Unbiased: bytes from 248 up are thrown away, 248 being the largest multiple of 62 in a byte. */
export function createRandomId(fill: (bytes: Uint8Array<ArrayBuffer>) => void): (length: number) => string {
  return (length) => {
    const text = Buffer.allocUnsafe(length);
    let at = 0;
    while (at < length) {
      const bytes = new Uint8Array(length + 8);
      fill(bytes);
      for (const byte of bytes) if (byte < 248 && at < length) text[at++] = BASE62_CODES[byte % 62] ?? 0;
    }
    return text.toString("latin1");
  };
}
