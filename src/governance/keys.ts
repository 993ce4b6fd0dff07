/**
 * Virtual keys: what a key is, how one is minted, and who a credential belongs to. A key's secret exists in the answer that
 * made it and with its owner; here is only its SHA-256, which a secret of 190 random bits cannot be guessed from.
 */
import type { KeyGroup, Limits } from "../ir/deployment.ts";
import { equalDigests, sha256, sha256Hex } from "../std/digest.ts";
import { Secret } from "../std/secret.ts";

export interface VirtualKey {
  /** `vk_` and 16 characters; never changes. */
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the whole secret, lower-case hexadecimal. */
  readonly hash: string;
  /** The secret before the last rotation, while it still works. */
  readonly previous: { readonly hash: string; readonly untilMs: number } | null;
  readonly enabled: boolean;
  /** Wall clock, as all times here. */
  readonly createdMs: number;
  readonly expiresMs: number | null;
  readonly revokedMs: number | null;
  /** null: all. Empty: none. */
  readonly allowedTargets: readonly string[] | null;
  readonly group: string | null;
  /** Whether it may use the configuration's aliases; null or absent: as its group says, else it may. */
  readonly aliases?: boolean | null;
  /** Whether its requests may be told what was decided for them; null or absent: as its group says. */
  readonly debug?: boolean | null;
  readonly project: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly limits: Limits;
}

export const NO_LIMITS: Limits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  maxConcurrent: null,
  budgets: [],
};

const KEY_PREFIX = "sk-rm-";
/** Characters of 62: 190 bits. */
const SECRET_CHARS = 32;
const ID_CHARS = 16;

interface Minted {
  readonly id: string;
  readonly secret: Secret;
  readonly hash: string;
}

/** `randomId` gives that many unguessable characters of 0-9A-Za-z. */
export function mintKey(randomId: (length: number) => string): Minted {
  return { id: `vk_${randomId(ID_CHARS)}`, ...mintSecret(randomId) };
}

export function mintSecret(randomId: (length: number) => string): Pick<Minted, "secret" | "hash"> {
  const secret = new Secret(`${KEY_PREFIX}${randomId(SECRET_CHARS)}`);
  return { secret, hash: sha256Hex(secret.reveal()) };
}

/** For the one answer that shows it to its owner. */
export function showOnce(secret: Secret): string {
  return secret.reveal();
}

/** Whether the key lets anybody in at all at that time. */
function isUsable(key: VirtualKey, wallMs: number): boolean {
  return key.enabled && key.revokedMs === null && (key.expiresMs === null || wallMs < key.expiresMs);
}

/** All keys of this process, as the writer last told them. */
export interface KeyRing {
  /** null: of no key, or of a key that does not work now; the caller is told the same for each of them. */
  find(credential: Secret, wallMs: number): VirtualKey | null;
  /** By id, or by a name that only one has; for callers that show who they are in another way. null: as above. */
  named(word: string, wallMs: number): VirtualKey | null;
  update(keys: readonly VirtualKey[], removed: readonly string[]): void;
  size(): number;
}

export function createKeyRing(): KeyRing {
  const byId = new Map<string, VirtualKey>();
  const byHash = new Map<string, VirtualKey>();
  const idsByName = new Map<string, Set<string>>();
  const remove = (id: string): void => {
    const known = byId.get(id);
    if (known === undefined) return;
    byId.delete(id);
    idsByName.get(known.name)?.delete(id);
    if (idsByName.get(known.name)?.size === 0) idsByName.delete(known.name);
    byHash.delete(known.hash);
    if (known.previous !== null) byHash.delete(known.previous.hash);
  };
  return {
    find(credential, wallMs) {
      const digest = sha256(credential.reveal());
      const key = byHash.get(Buffer.from(digest).toString("hex"));
      if (key === undefined || !isUsable(key, wallMs)) return null;
      // The map's comparison is over hashes of what the caller sent, so its time tells nothing; this one is for good measure.
      if (equalDigests(digest, Buffer.from(key.hash, "hex"))) return key;
      return key.previous !== null && wallMs < key.previous.untilMs ? key : null;
    },
    named(word, wallMs) {
      const ids = [...(idsByName.get(word) ?? [])];
      const key = byId.get(word) ?? (ids.length === 1 ? byId.get(ids[0] ?? "") : undefined);
      return key !== undefined && isUsable(key, wallMs) ? key : null;
    },
    update(keys, removed) {
      for (const id of removed) remove(id);
      for (const key of keys) {
        remove(key.id);
        byId.set(key.id, key);
        byHash.set(key.hash, key);
        idsByName.set(key.name, (idsByName.get(key.name) ?? new Set()).add(key.id));
        if (key.previous !== null) byHash.set(key.previous.hash, key);
      }
    },
    size: () => byId.size,
  };
}

/** Groups above each other at most; the configuration refuses circles and longer chains. */
const GROUP_DEPTH_MAX = 16;

/** The key's group and those above it, nearest first. null: one of them is not configured (any more). */
export function groupsOf(group: string | null, groups: Readonly<Record<string, KeyGroup>>): readonly KeyGroup[] | null {
  const chain: KeyGroup[] = [];
  for (let name = group; name !== null; ) {
    const found = Object.hasOwn(groups, name) ? groups[name] : undefined;
    if (found === undefined || chain.length >= GROUP_DEPTH_MAX) return null;
    chain.push(found);
    name = found.parent;
  }
  return chain;
}

/** What all of them allow; null: everything. */
export function allowedByAll(lists: readonly (readonly string[] | null)[]): readonly string[] | null {
  let allowed: readonly string[] | null = null;
  for (const list of lists) {
    if (list === null) continue;
    allowed = allowed === null ? list : allowed.filter((target) => list.includes(target));
  }
  return allowed;
}
