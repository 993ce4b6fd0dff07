/** Who is calling, decided from the request's head. The only room beside protocols/<id>/auth.ts that looks into a Secret. */
import type { AuthMode, Group } from "../ir/deployment.ts";
import { type Failure, failure } from "../ir/failure.ts";
import { equalDigests, sha256 } from "../std/digest.ts";
import type { Secret } from "../std/secret.ts";
import { unreachable } from "../std/unreachable.ts";
import { allowedByAll, groupsOf, type KeyRing, type VirtualKey } from "./keys.ts";

export interface Caller {
  /** Fit for a label and a log: `anonymous`, `token-1`, `passthrough`, a key's name. Never a credential. */
  readonly label: string;
  /** Targets it may ask for; null: all. */
  readonly allowedTargets: readonly string[] | null;
  /** Auth mode passthrough: sent upstream instead of the lane's own credential. null: the lane's own is used. */
  readonly passthrough: Secret | null;
  /** Whose limits hold; null: there are no virtual keys. */
  readonly key: VirtualKey | null;
}

export type Identified =
  | { readonly kind: "caller"; readonly caller: Caller }
  | { readonly kind: "refused"; readonly failure: Failure };

export interface IdentifyOptions {
  readonly mode: AuthMode;
  /** In the order of the configuration: the label of the third one is `token-3`. Empty ones never match. */
  readonly clientTokens: readonly Secret[];
}

export interface KeyIdentifyOptions {
  readonly ring: Pick<KeyRing, "find">;
  readonly groups: Readonly<Record<string, Group>>;
  readonly wallMs: () => number;
}

/** Once there are virtual keys, they are the only way in. Unknown, expired and disabled ones are told the same. */
export function createKeyIdentify({
  ring,
  groups,
  wallMs,
}: KeyIdentifyOptions): (credential: Secret | null) => Identified {
  const callers = new WeakMap<VirtualKey, Identified>();
  return (credential) => {
    const key = credential === null ? null : ring.find(credential, wallMs());
    if (key === null) return refused();
    const known = callers.get(key);
    if (known !== undefined) return known;
    // Without its group a key may ask for nothing; admission says why.
    const above = groupsOf(key.group, groups) ?? [];
    const allowedTargets = allowedByAll([key.allowedTargets, ...above.map((group) => group.allowedTargets)]);
    const caller: Caller = { label: key.name, allowedTargets, passthrough: null, key };
    const identified: Identified = { kind: "caller", caller };
    callers.set(key, identified);
    return identified;
  };
}

/** The one answer to every credential that does not do, so that nobody learns whether it was missing or wrong. */
export function unauthenticated(): Failure {
  return failure("unauthenticated", "No valid credential was given.");
}

/**
 * Decides by the credential alone; null is a caller that sent none. Tokens are compared by their SHA-256, each one of
 * them every time, so that the time taken tells nothing about them.
 */
export function createIdentify(options: IdentifyOptions): (credential: Secret | null) => Identified {
  const { mode } = options;
  switch (mode) {
    case "none":
      return () => ANONYMOUS;
    case "passthrough":
      return identifyPassthrough;
    case "token":
      return createTokenIdentify(options.clientTokens);
    default:
      return unreachable(mode);
  }
}

const ANONYMOUS: Identified = {
  kind: "caller",
  caller: { label: "anonymous", allowedTargets: null, passthrough: null, key: null },
};

/** Without a credential of its own a caller would spend the operator's: refused. */
function identifyPassthrough(credential: Secret | null): Identified {
  if (credential === null || credential.reveal() === "") return refused();
  return { kind: "caller", caller: { label: "passthrough", allowedTargets: null, passthrough: credential, key: null } };
}

function createTokenIdentify(clientTokens: readonly Secret[]): (credential: Secret | null) => Identified {
  const known = clientTokens
    .map((token, index) => ({ text: token.reveal(), label: `token-${index + 1}` }))
    .filter(({ text }) => text !== "")
    .map(({ text, label }) => {
      const caller: Caller = { label, allowedTargets: null, passthrough: null, key: null };
      return { digest: sha256(text), identified: { kind: "caller", caller } satisfies Identified };
    });
  return (credential) => {
    const text = credential === null ? "" : credential.reveal();
    const digest = sha256(text);
    let found: Identified | null = null;
    for (const { digest: expected, identified } of known) {
      const equal = equalDigests(digest, expected);
      if (equal && found === null) found = identified;
    }
    return found ?? refused();
  };
}

function refused(): Identified {
  return { kind: "refused", failure: unauthenticated() };
}
