/**
 * Signed and redacted reasoning. This API opens again what it returned. The provider's `seals` setting says whether
 * other providers open it too: Claude's signatures verify wherever Claude runs, at its maker, here and on Vertex AI
 * (platform.claude.com, extended thinking, "signature values are compatible across platforms", read 2026-11). Redacted
 * reasoning is bytes here and text there, with nothing published on how one becomes the other, so it has an issuer of
 * its own and stays here.
 *
 * Another vendor's signature travels through a client of this protocol under a tag; in redacted reasoning, which
 * clients decode as bytes, as the base64 of the tagged value.
 */
import type { ReasoningSignature } from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { readTag, type TaggedSignature, writeTag } from "../shared/signature-tag.ts";
import { PROTOCOL } from "./wire.ts";

/** Issuer of redacted reasoning. */
export const REDACTED = "bedrock-redacted";

/** How the base64 of a tagged value begins. */
const TAG_START_BASE64 = Buffer.from("rm:e:x").toString("base64").slice(0, 6);

/** Null for an empty value, which signs nothing. */
export function readSignature(value: string): TaggedSignature | null {
  if (value === "") return null;
  return readTag(value) ?? { kind: "signature", signature: { issuer: PROTOCOL, value } };
}

/** Null for an empty value. */
export function readRedacted(base64: string): TaggedSignature | null {
  if (base64 === "") return null;
  const own: TaggedSignature = { kind: "encrypted", signature: { issuer: REDACTED, value: base64 } };
  return base64.startsWith(TAG_START_BASE64) ? (readTag(Buffer.from(base64, "base64").toString("utf8")) ?? own) : own;
}

export function writeSignature({ kind, signature }: TaggedSignature): string {
  return kind === "signature" && signature.issuer === PROTOCOL ? signature.value : writeTag(kind, signature);
}

export function writeRedacted(signature: ReasoningSignature): string {
  return signature.issuer === REDACTED
    ? signature.value
    : Buffer.from(writeTag("encrypted", signature)).toString("base64");
}

/** A signature that is missing, null or empty. */
export function holdsUnsigned(body: JsonObject): boolean {
  return (asArray(body["messages"]) ?? []).some((message) =>
    (asArray(asObject(message)?.["content"]) ?? []).some((each) => {
      const thought = asObject(asObject(asObject(each)?.["reasoningContent"])?.["reasoningText"]);
      return thought !== undefined && (asText(thought["signature"]) ?? "") === "";
    }),
  );
}
