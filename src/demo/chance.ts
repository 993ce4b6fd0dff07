/** Chance from a seed: the same seed makes the same vendors, call by call. */

export interface Chance {
  /** In [0, 1). */
  readonly random: () => number;
  /** Base62 text of that many characters. */
  readonly newId: (length: number) => string;
}

/** Only the lowest 32 bits of the seed count. A Weyl sequence through a 32-bit mixing function (as in splitmix). */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const newId = (length: number): string =>
    Array.from({ length }, () => BASE62.charAt(Math.floor(random() * BASE62.length))).join("");
  return { random, newId };
}

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
