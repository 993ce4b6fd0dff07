/**
 * Thought signatures. This vendor's own signatures travel as they are. Those of another vendor travel through a client
 * of this protocol under the tag all protocols share. They are in base64, because the member is bytes and several
 * official SDKs decode it.
 */
import type { ReasoningSignature } from "../../ir/request.ts";
import { readBase64Tag, type SignatureKind, type TaggedSignature, writeBase64Tag } from "../shared/signature-tag.ts";
import { PROTOCOL } from "./wire.ts";

/** Null for an empty value, which signs nothing. */
export function readSignature(value: string): TaggedSignature | null {
  if (value === "") return null;
  return readBase64Tag(value) ?? { kind: "signature", signature: { issuer: PROTOCOL, value } };
}

export function writeSignature(kind: SignatureKind, signature: ReasoningSignature): string {
  return signature.issuer === PROTOCOL ? signature.value : writeBase64Tag(kind, signature);
}

/**
 * The value the vendor takes for a call whose signature is gone (history of another model), instead of refusing the request
 * (ai.google.dev/gemini-api/docs/thought-signatures, "transferring history from a different model", read 2026-11-27).
 */
export const NO_SIGNATURE = "skip_thought_signature_validator";

/** The other one that the vendor's page names; clients send either. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([NO_SIGNATURE, "context_engineering_is_the_way_to_go"]);

/** It stands where a signature is missing: it seals nothing, so nothing is lost without it. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDERS.has(value);
}
