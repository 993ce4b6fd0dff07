/**
 * Signatures that travel through a client of this protocol. Only their issuer can verify them, so one that is not this
 * vendor's own is written with a tag, and read back with the issuer the tag names. Replayed to this vendor it is then
 * dropped by the request writer, and replayed to its issuer it arrives as that vendor wrote it.
 *
 * The tag is `rm:s:<issuer>:<value>` for a signature and `rm:e:<issuer>:<value>` for encrypted reasoning; the issuer is
 * empty when nobody knows it. The vendor's own values are base64 and never hold a colon.
 */
import type { Sealed } from "../../ir/request.ts";
import { ORIGIN } from "./wire.ts";

const TAG = /^rm:([se]):([a-z0-9_-]*):/;

export interface OpaqueValue {
  readonly kind: "signature" | "encrypted";
  readonly sealed: Sealed;
}

/** `untagged` is what a value without a tag is, by where it stood. Null for an empty value, which signs nothing. */
export function readOpaque(value: string, untagged: OpaqueValue["kind"]): OpaqueValue | null {
  if (value === "") return null;
  const tag = TAG.exec(value);
  if (tag === null) return { kind: untagged, sealed: { issuer: ORIGIN, value } };
  const issuer = tag[2] === undefined || tag[2] === "" ? null : tag[2];
  return { kind: tag[1] === "s" ? "signature" : "encrypted", sealed: { issuer, value: value.slice(tag[0].length) } };
}

/** The value itself when this vendor issued it, tagged otherwise. */
export function writeOpaque(kind: OpaqueValue["kind"], sealed: Sealed): string {
  if (sealed.issuer === ORIGIN) return sealed.value;
  return `rm:${kind === "signature" ? "s" : "e"}:${sealed.issuer ?? ""}:${sealed.value}`;
}

export function isOwn(sealed: Sealed | null): sealed is Sealed {
  return sealed !== null && sealed.issuer === ORIGIN;
}
