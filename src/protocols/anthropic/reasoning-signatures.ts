/**
 * Signatures that travel through a client of this protocol. Only their issuer can verify them, so one that is not this
 * vendor's own is written with a tag, and read back with the issuer the tag names. Replayed to this vendor it is then
 * dropped by the request writer, and replayed to its issuer it arrives as that vendor wrote it.
 */
import type { ReasoningSignature } from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { readTag, type SignatureKind, type TaggedSignature, writeTag } from "../shared/signature-tag.ts";
import { PROTOCOL } from "./wire.ts";

/** `untagged` is what a value without a tag is, by where it stood. Null for an empty value, which signs nothing. */
export function readOpaque(value: string, untagged: SignatureKind): TaggedSignature | null {
  if (value === "") return null;
  return readTag(value) ?? { kind: untagged, signature: { issuer: PROTOCOL, value } };
}

/** The value itself when this vendor issued it, tagged otherwise. */
export function writeOpaque(kind: SignatureKind, signature: ReasoningSignature): string {
  return signature.issuer === PROTOCOL ? signature.value : writeTag(kind, signature);
}

/** A signature that is missing, null or empty. */
export function holdsUnsigned(body: JsonObject): boolean {
  return (asArray(body["messages"]) ?? []).some((message) =>
    (asArray(asObject(message)?.["content"]) ?? []).some((each) => {
      const block = asObject(each);
      return block?.["type"] === "thinking" && (asText(block["signature"]) ?? "") === "";
    }),
  );
}
