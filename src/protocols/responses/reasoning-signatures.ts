/**
 * Reasoning that travels sealed through a client of this protocol, in `encrypted_content`. Only its issuer can open it,
 * so what is not this vendor's own is written with a tag, and read back with the issuer the tag names. Replayed to this
 * vendor it is then dropped by the request writer, and replayed to its issuer it arrives as that vendor wrote it.
 */
import type { IrBlock } from "../../ir/request.ts";
import { readTag, writeTag } from "../shared/signature-tag.ts";
import { PROTOCOL } from "./wire.ts";

type Signatures = Pick<Extract<IrBlock, { type: "reasoning" }>, "signature" | "encrypted">;

/** Of an `encrypted_content`; an empty one seals nothing. */
export function readSignatures(value: string): Signatures {
  if (value === "") return { signature: null, encrypted: null };
  const tagged = readTag(value);
  if (tagged === null) return { signature: null, encrypted: { issuer: PROTOCOL, value } };
  return tagged.kind === "signature"
    ? { signature: tagged.signature, encrypted: null }
    : { signature: null, encrypted: tagged.signature };
}

/** The value itself when this vendor issued it, tagged otherwise; null: nothing is sealed. */
export function writeSignatures({ signature, encrypted }: Signatures): string | null {
  const sealed = encrypted ?? signature;
  if (sealed === null) return null;
  if (sealed.issuer === PROTOCOL) return sealed.value;
  return writeTag(encrypted === null ? "signature" : "encrypted", sealed);
}

/**
 * The value this vendor can open; null: there is none. A stream tells it only behind the text, so other protocols may
 * have carried it as a signature.
 */
export function ownSignature({ signature, encrypted }: Signatures): string | null {
  if (encrypted?.issuer === PROTOCOL) return encrypted.value;
  return signature?.issuer === PROTOCOL ? signature.value : null;
}
