/**
 * The tag under which a sealed value (a signature, or encrypted reasoning) travels through a client of another protocol
 * than the one it was issued in: `rm:s:<issuer>:<value>` for a signature, `rm:e:<issuer>:<value>` for what is encrypted;
 * the issuer is empty when nobody knows it. The vendors' own values are base64 and never hold a colon.
 */
import type { Sealed } from "../ir/request.ts";

export type SealKind = "signature" | "encrypted";

export interface TaggedSeal {
  readonly kind: SealKind;
  readonly sealed: Sealed;
}

/** How every tagged value begins where it stands in JSON. */
export const TAG_START_IN_JSON = '"rm:';

const TAG = /^rm:([se]):([a-z0-9_-]*):/;

/** Null for a value without a tag: its issuer is the vendor whose protocol it stands in. */
export function readTag(value: string): TaggedSeal | null {
  const tag = TAG.exec(value);
  if (tag === null) return null;
  const issuer = tag[2] === undefined || tag[2] === "" ? null : tag[2];
  return { kind: tag[1] === "s" ? "signature" : "encrypted", sealed: { issuer, value: value.slice(tag[0].length) } };
}

export function writeTag(kind: SealKind, sealed: Sealed): string {
  return `rm:${kind === "signature" ? "s" : "e"}:${sealed.issuer ?? ""}:${sealed.value}`;
}
