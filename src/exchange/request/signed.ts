/**
 * Clients that sign their requests instead of sending a credential. The head names the key, so it is known who claims to call
 * before the body is read; whether the claim is true is known once the body is there. A signature is never relayed, and
 * never overlooked where the deployment has given out keys to sign with.
 */
import type { Credential } from "../../governance/credential.ts";
import { type Caller, callersIn, identifyBy, type Signer, unauthenticated } from "../../governance/identify.ts";
import type { AuthMode } from "../../ir/deployment.ts";
import { failed, ok, type Result } from "../../ir/failure.ts";
import type { RequestParts } from "../../ir/route.ts";
import type { InboundSignatures } from "../../protocols/protocol.ts";
import type { Secret } from "../../std/secret.ts";

interface SignedInput {
  /** The carrier's own; undefined: its clients do not sign. */
  readonly inbound: InboundSignatures | undefined;
  readonly parts: RequestParts;
  readonly mode: AuthMode;
  /** Null: there are no keys to sign with. */
  readonly signer: Signer | null;
  /** The caller whose limits hold for that key; null: there is none any more. */
  readonly callerNamed: (label: string) => Caller | null;
  readonly wallMs: () => number;
}

interface ClientInput extends SignedInput {
  /** What the request carries beside a signature. */
  readonly credential: Credential;
  readonly identify: (secret: Secret | null) => Result<Caller>;
  /** True: a credential names its caller. False: every request is let in, or its credential is the vendor's. */
  readonly tokensName: boolean;
}

/**
 * Who is calling: by a signature, else by a credential. A signature or a token for somewhere else is passed over beside
 * one of ours; two of ours must name the same caller.
 */
export function identifyClient(input: ClientInput): Result<Caller> {
  const { credential, identify, tokensName } = input;
  const signed = identifySigned(input);
  if (signed === null) return identifyBy(credential, identify);
  const named = tokensName ? callersIn(credential, identify) : [];
  if (!signed.ok) return named.length === 0 ? signed : identifyBy(credential, identify);
  // Beside a signature too, a token of another caller is refused.
  const isAlone = credential.kind !== "conflict" && named.every(({ label }) => label === signed.value.label);
  return isAlone ? signed : failed(unauthenticated());
}

/** Null: the request is not signed, or signatures are not asked for and every caller may call. */
function identifySigned({ inbound, parts, mode, signer, callerNamed, wallMs }: SignedInput): Result<Caller> | null {
  const keyId = inbound?.keyId(parts) ?? null;
  if (inbound === undefined || keyId === null) return null;
  if (signer === null && mode === "none") return null;
  const key = signer?.(keyId) ?? null;
  const caller = key === null ? null : callerNamed(key.label);
  if (key === null || caller === null) return failed(unauthenticated());
  const receivedMs = wallMs();
  const mayHaveSigned = (body: Uint8Array): boolean =>
    inbound.verify({ parts, body, secret: key.secret, wallMs: receivedMs });
  return ok({ ...caller, mayHaveSigned });
}
