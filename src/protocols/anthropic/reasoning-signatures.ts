/**
 * Signatures that travel through a client of this protocol. Only their issuer can verify them, so one that is not this
 * vendor's own is written with a tag, and read back with the issuer the tag names. Replayed to this vendor it is then
 * dropped by the request writer, and replayed to its issuer it arrives as that vendor wrote it.
 */
import type { ReasoningSignature } from "../../ir/request.ts";
import { readTag, type SealKind, type TaggedSeal, writeTag } from "../shared/signature-tag.ts";
import { ORIGIN } from "./wire.ts";

export type OpaqueValue = TaggedSeal;

/** `untagged` is what a value without a tag is, by where it stood. Null for an empty value, which signs nothing. */
export function readOpaque(value: string, untagged: SealKind): OpaqueValue | null {
  if (value === "") return null;
  return readTag(value) ?? { kind: untagged, sealed: { issuer: ORIGIN, value } };
}

/** The value itself when this vendor issued it, tagged otherwise. */
export function writeOpaque(kind: SealKind, sealed: ReasoningSignature): string {
  return sealed.issuer === ORIGIN ? sealed.value : writeTag(kind, sealed);
}

export function isOwn(sealed: ReasoningSignature | null): sealed is ReasoningSignature {
  return sealed !== null && sealed.issuer === ORIGIN;
}
