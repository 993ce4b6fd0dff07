/**
 * Keeps a session where its prompt cache is: the same key text goes to the same lane while that lane is eligible. When
 * a lane is out, only its sessions move, each to a lane chosen by its own key. Only where the target is configured so.
 * The choice needs no memory: a session stays as long as its lane may serve.
 */
import type { Target } from "../ir/deployment.ts";

/** A longer key is not a session's name. */
const KEY_CHARS_MAX = 1_024;

/** The first configured header that says something; null: no affinity for this request. `headers`: lower-case names. */
export function affinityKey(headers: Readonly<Record<string, string>>, settings: Target["affinity"]): string | null {
  for (const name of settings?.headerNames ?? []) {
    const wanted = name.toLowerCase();
    const value = Object.hasOwn(headers, wanted) ? (headers[wanted] ?? "").trim() : "";
    if (value !== "" && value.length <= KEY_CHARS_MAX) return value;
  }
  return null;
}

/** Highest random weight hashing: best first; over many keys each comes first in proportion to its weight. */
export function byAffinity<T>(
  key: string,
  items: readonly T[],
  read: { readonly id: (item: T) => string; readonly weight: (item: T) => number },
): readonly T[] {
  const scored = items.map((item) => ({
    item,
    id: read.id(item),
    score: read.weight(item) / -Math.log(fraction(`${key}\u0000${read.id(item)}`)),
  }));
  return scored
    .toSorted((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1))
    .map((each) => each.item);
}

/** Evenly spread in (0, 1): FNV-1a over the UTF-16 units, then the finaliser of MurmurHash3 so that short texts spread too. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 0x1_0000_0000;
}
