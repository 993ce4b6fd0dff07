/** Who is calling, decided from the request's head. The only room beside protocols/<id>/auth.ts that looks into a Secret. */
import type { AuthMode, AwsKey, KeyGroup } from "../ir/deployment.ts";
import { type Failed, type Failure, failed, failure, ok, type Result } from "../ir/failure.ts";
import { equalDigests, sha256, sha256Hex } from "../std/digest.ts";
import type { Secret } from "../std/secret.ts";
import { unreachable } from "../std/unreachable.ts";
import type { Credential } from "./credential.ts";
import { allowedByAll, groupsOf, type KeyRing, type VirtualKey } from "./keys.ts";

export interface Caller {
  /** Fit for a label and a log: `anonymous`, `token-1`, `passthrough`, a key's name. Never a credential. */
  readonly label: string;
  /** Targets it may ask for; null: all. */
  readonly allowedTargets: readonly string[] | null;
  /** False: names of the configuration's aliases stand for nothing. Absent: it may use them. */
  readonly aliases?: boolean;
  /** Whether it may be told what was decided for a request. Absent: as the whole gateway says. */
  readonly debug?: boolean;
  /** Auth mode passthrough: sent upstream instead of the lane's own credential. null: the lane's own is used. */
  readonly passthrough: Secret | null;
  /** Tells the caller from all others by its credential, and says nothing of it. Absent: the label does. */
  readonly credentialDigest?: () => string;
  /** Whose limits hold; null: there are no virtual keys. */
  readonly key: VirtualKey | null;
  /** Of a caller that signs its requests: true when the signature covers this body too. Absent: there is none to check. */
  readonly mayHaveSigned?: (body: Uint8Array) => boolean;
}

interface IdentifyOptions {
  readonly mode: AuthMode;
  /** In the order of the configuration: the label of the third one is `token-3`. Empty ones never match. */
  readonly clientTokens: readonly Secret[];
}

interface KeyIdentifyOptions {
  readonly ring: Pick<KeyRing, "find" | "named">;
  readonly groups: Readonly<Record<string, KeyGroup>>;
  readonly wallMs: () => number;
}

interface KeyIdentify {
  /** Unknown, expired and disabled ones are told the same. */
  identify(credential: Secret | null): Result<Caller>;
  /** The caller that signs with a pair of this key; null: there is no such key now. */
  named(word: string): Caller | null;
}

/** Once there are virtual keys, they are the only way in. */
export function createKeyIdentify({ ring, groups, wallMs }: KeyIdentifyOptions): KeyIdentify {
  const callers = new WeakMap<VirtualKey, Caller>();
  const callerOf = (key: VirtualKey): Caller => {
    const known = callers.get(key);
    if (known !== undefined) return known;
    // Without its group a key may ask for nothing; admission says why.
    const above = groupsOf(key.group, groups) ?? [];
    const allowedTargets = allowedByAll([key.allowedTargets, ...above.map((group) => group.allowedTargets)]);
    const words = wordsOf([key, ...above]);
    const caller: Caller = { label: key.name, allowedTargets, ...words, passthrough: null, key };
    callers.set(key, caller);
    return caller;
  };
  return {
    identify(credential) {
      const key = credential === null ? null : ring.find(credential, wallMs());
      return key === null ? refused() : ok(callerOf(key));
    },
    named(word) {
      const key = ring.named(word, wallMs());
      return key === null ? null : callerOf(key);
    },
  };
}

/** The nearest word holds: the key's own, then that of each group above it. */
function wordsOf(chain: readonly Pick<KeyGroup, "aliases" | "debug">[]): Pick<Caller, "aliases" | "debug"> {
  const aliases = chain.find((each) => each.aliases != null)?.aliases;
  const debug = chain.find((each) => each.debug != null)?.debug;
  return { ...(aliases === false ? { aliases } : {}), ...(debug == null ? {} : { debug }) };
}

/** The one answer to every credential that does not do, so that a caller does not learn whether it was missing or wrong. */
export function unauthenticated(): Failure {
  return failure("unauthenticated", "No valid credential was given.");
}

/** The body is what a caller signed, as far as it signs at all; then it is a caller like any other. */
export function verifySigned(caller: Caller, body: Uint8Array): Result<Caller> {
  if (caller.mayHaveSigned === undefined) return ok(caller);
  const { mayHaveSigned, ...verified } = caller;
  return mayHaveSigned(body) ? ok(verified) : refused();
}

/**
 * Decides by the credential alone; null is a caller that sent none. Tokens are compared by their SHA-256, each one of
 * them every time, so that the time taken tells nothing about them.
 */
export function createIdentify(options: IdentifyOptions): (credential: Secret | null) => Result<Caller> {
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

type Identify = (secret: Secret | null) => Result<Caller>;

/** The one caller that is named by what a request carries; what names none is a vendor's key, and passed over. */
export function identifyBy(credential: Credential, identify: Identify): Result<Caller> {
  if (credential.kind === "one") return identify(credential.secret);
  if (credential.kind === "none") return identify(null);
  const [first, ...others] = callersIn(credential, identify);
  return first !== undefined && others.length === 0 ? ok(first) : refused();
}

/** All callers that a request's credentials name, each once. */
export function callersIn(credential: Credential, identify: Identify): readonly Caller[] {
  const secrets =
    credential.kind === "several" ? credential.secrets : credential.kind === "one" ? [credential.secret] : [];
  const identified = secrets.map((secret) => identify(secret));
  return [...new Set(identified.flatMap((each) => (each.ok ? [each.value] : [])))];
}

/** A key pair of ours that a client signs with. */
interface SigningKey {
  readonly accessKeyId: string;
  readonly secret: Secret;
  readonly label: string;
}

/** Who signs with a key; null: no known caller. Ids are no secret, so a plain look-up may find them. */
export type Signer = (accessKeyId: string) => SigningKey | null;

/** Null: no client has a key to sign with. */
export function createSigners(
  keys: readonly AwsKey[],
  secretOf: (ref: AwsKey["secret"]) => Secret | null,
): Signer | null {
  if (keys.length === 0) return null;
  const known = new Map<string, SigningKey>();
  for (const { accessKeyId, label, secret: ref } of keys) {
    const secret = secretOf(ref);
    // One that cannot be read matches nothing.
    if (secret !== null) known.set(accessKeyId, { accessKeyId, label, secret });
  }
  return (accessKeyId) => known.get(accessKeyId) ?? null;
}

const ANONYMOUS: Result<Caller> = ok({ label: "anonymous", allowedTargets: null, passthrough: null, key: null });

/** Without a credential of its own a caller would spend the operator's: refused. */
function identifyPassthrough(credential: Secret | null): Result<Caller> {
  if (credential === null || credential.reveal() === "") return refused();
  return ok({
    label: "passthrough",
    allowedTargets: null,
    passthrough: credential,
    credentialDigest: () => sha256Hex(credential.reveal()),
    key: null,
  });
}

function createTokenIdentify(clientTokens: readonly Secret[]): (credential: Secret | null) => Result<Caller> {
  const known = clientTokens
    .map((token, index) => ({ text: token.reveal(), label: `token-${index + 1}` }))
    .filter(({ text }) => text !== "")
    .map(({ text, label }) => {
      const hex = sha256Hex(text);
      const credentialDigest = (): string => hex;
      const caller: Caller = { label, allowedTargets: null, passthrough: null, credentialDigest, key: null };
      return { digest: sha256(text), identified: ok(caller) };
    });
  return (credential) => {
    const text = credential === null ? "" : credential.reveal();
    const digest = sha256(text);
    let found: Result<Caller> | null = null;
    for (const { digest: expected, identified } of known) {
      const equal = equalDigests(digest, expected);
      if (equal && found === null) found = identified;
    }
    return found ?? refused();
  };
}

function refused(): Failed {
  return failed(unauthenticated());
}
