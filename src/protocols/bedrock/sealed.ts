/**
 * Signed and encrypted reasoning. Claude's signatures verify wherever Claude runs: at its maker, here and on Vertex AI
 * (platform.claude.com, extended thinking, "signature values are compatible across platforms", read 2026-11), so a
 * signature read here is the maker's (`anthropic`) and crosses to its API and back. Redacted reasoning is bytes here and text
 * there, with nothing published on how one becomes the other, so it stays with this protocol.
 *
 * What another vendor sealed travels through a client of this protocol under a tag: `rm:s:<issuer>:<value>` for a signature;
 * in redacted reasoning, which clients decode as bytes, the base64 of `rm:e:<issuer>:<value>`.
 */
import type { Sealed } from "../../ir/request.ts";
import { ORIGIN } from "./wire.ts";

/** Issuer of Claude's signatures, whichever platform it ran on. */
export const CLAUDE = "anthropic";

const TAG = /^rm:([se]):([a-z0-9_-]*):/;
/** How the base64 of a tag of encrypted reasoning begins. */
const TAG_START_BASE64 = Buffer.from("rm:e:x").toString("base64").slice(0, 6);

export interface Opaque {
  readonly kind: "signature" | "encrypted";
  readonly sealed: Sealed;
}

/** Null for an empty value, which signs nothing. */
export function readSignature(value: string): Opaque | null {
  if (value === "") return null;
  return untag(value) ?? { kind: "signature", sealed: { issuer: CLAUDE, value } };
}

/** Null for an empty value. */
export function readRedacted(base64: string): Opaque | null {
  if (base64 === "") return null;
  const own: Opaque = { kind: "encrypted", sealed: { issuer: ORIGIN, value: base64 } };
  if (!base64.startsWith(TAG_START_BASE64)) return own;
  return untag(Buffer.from(base64, "base64").toString("utf8")) ?? own;
}

function untag(value: string): Opaque | null {
  const tag = TAG.exec(value);
  if (tag === null) return null;
  const issuer = tag[2] === undefined || tag[2] === "" ? null : tag[2];
  return { kind: tag[1] === "s" ? "signature" : "encrypted", sealed: { issuer, value: value.slice(tag[0].length) } };
}

export function writeSignature({ kind, sealed }: Opaque): string {
  return kind === "signature" && sealed.issuer === CLAUDE ? sealed.value : tagged({ kind, sealed });
}

export function writeRedacted(sealed: Sealed): string {
  if (sealed.issuer === ORIGIN) return sealed.value;
  return Buffer.from(tagged({ kind: "encrypted", sealed })).toString("base64");
}

function tagged({ kind, sealed }: Opaque): string {
  return `rm:${kind === "signature" ? "s" : "e"}:${sealed.issuer ?? ""}:${sealed.value}`;
}
