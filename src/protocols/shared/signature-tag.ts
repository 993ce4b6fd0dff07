/**
 * The tag under which a signature or encrypted reasoning travels through a client of another protocol
 * than the one it was issued in: `rm:s:<issuer>:<value>` for a signature, `rm:e:<issuer>:<value>` for what is encrypted;
 * the issuer is empty when it is unknown. The vendors' own values are base64 and never hold a colon.
 */
import type { ReasoningSignature } from "../../ir/request.ts";

export type SignatureKind = "signature" | "encrypted";

export interface TaggedSignature {
  readonly kind: SignatureKind;
  readonly signature: ReasoningSignature;
}

/** How every tagged value begins where it stands in JSON, plain or in base64. */
export const TAG_STARTS_IN_JSON = ['"rm:', '"cm06'] as const;

const TAG = /^rm:([se]):([a-z0-9_-]*):/;

/** Null for a value without a tag: its issuer is the vendor whose protocol it stands in. */
export function readTag(value: string): TaggedSignature | null {
  const tag = TAG.exec(value);
  if (tag === null) return null;
  const issuer = tag[2] === undefined || tag[2] === "" ? null : tag[2];
  return { kind: tag[1] === "s" ? "signature" : "encrypted", signature: { issuer, value: value.slice(tag[0].length) } };
}

export function writeTag(kind: SignatureKind, signature: ReasoningSignature): string {
  return `rm:${kind === "signature" ? "s" : "e"}:${signature.issuer ?? ""}:${signature.value}`;
}

/** For members that hold bytes: the tag and the value together in base64. Null for a value without a tag. */
export function readBase64Tag(value: string): TaggedSignature | null {
  return value.startsWith("cm06") ? readTag(Buffer.from(value, "base64").toString("utf8")) : null;
}

export function writeBase64Tag(kind: SignatureKind, signature: ReasoningSignature): string {
  return Buffer.from(writeTag(kind, signature), "utf8").toString("base64");
}

export function isIssuedBy(signature: ReasoningSignature | null, issuer: string): signature is ReasoningSignature {
  return signature !== null && signature.issuer === issuer;
}
