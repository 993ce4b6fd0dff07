/**
 * Reasoning that travels sealed through a client of this protocol, in `encrypted_content`. Only its issuer can open it,
 * so what is not this vendor's own is written with a tag, and read back with the issuer the tag names. Replayed to this
 * vendor it is then dropped by the request writer, and replayed to its issuer it arrives as that vendor wrote it.
 */
import type { IrBlock } from "../../ir/request.ts";
import { readTag, writeTag } from "../shared/signature-tag.ts";
import { ORIGIN } from "./wire.ts";

type Seals = Pick<Extract<IrBlock, { type: "reasoning" }>, "signature" | "encrypted">;

/** Of an `encrypted_content`; an empty one seals nothing. */
export function readSeals(value: string): Seals {
  if (value === "") return { signature: null, encrypted: null };
  const tagged = readTag(value);
  if (tagged === null) return { signature: null, encrypted: { issuer: ORIGIN, value } };
  return tagged.kind === "signature"
    ? { signature: tagged.signature, encrypted: null }
    : { signature: null, encrypted: tagged.signature };
}

/** The value itself when this vendor issued it, tagged otherwise; null: nothing is sealed. */
export function writeSeals({ signature, encrypted }: Seals): string | null {
  const sealed = encrypted ?? signature;
  if (sealed === null) return null;
  if (sealed.issuer === ORIGIN) return sealed.value;
  return writeTag(encrypted === null ? "signature" : "encrypted", sealed);
}

/**
 * The value this vendor can open; null: there is none. A stream tells it only behind the text, so other protocols may
 * have carried it as a signature.
 */
export function ownSeal({ signature, encrypted }: Seals): string | null {
  if (encrypted?.issuer === ORIGIN) return encrypted.value;
  return signature?.issuer === ORIGIN ? signature.value : null;
}
