/**
 * Keeps a session where its prompt cache is. Its name comes from a header or the body, and its first place is chosen by that
 * name alone, so that all workers choose the same one. When a lane is out, only its sessions move.
 */
import type { Affinity } from "../ir/deployment.ts";

/** A longer text is not a session's name. */
const NAME_CHARS_MAX = 1_024;

/** What a request says of its session. */
interface SessionNames {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** By the headers of agents; null: nothing. */
  readonly agent: string | null;
  readonly body: string | undefined;
}

/** The configured header's word, else the agent's, else the body's; null: the request names none. */
export function sessionName({ headers, agent, body }: SessionNames, settings: Affinity): string | null {
  const named = firstNamed(headers, settings.headerNames) ?? (agent === null ? null : nameOf(agent));
  if (named !== null) return named;
  return settings.body && body !== undefined ? nameOf(body) : null;
}

function firstNamed(headers: Readonly<Record<string, string>>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = headers[name];
    const text = value === undefined || !Object.hasOwn(headers, name) ? null : nameOf(value);
    if (text !== null) return text;
  }
  return null;
}

function nameOf(value: string): string | null {
  const text = value.trim();
  return text !== "" && text.length <= NAME_CHARS_MAX ? text : null;
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
