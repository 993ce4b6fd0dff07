/**
 * Reasoning that travels sealed through a client of this protocol, in `encrypted_content`. Only its issuer can open it,
 * so what is not this vendor's own is written with a tag, and read back with the issuer the tag names. Replayed to this
 * vendor it is then dropped by the request writer, and replayed to its issuer it arrives as that vendor wrote it.
 *
 * The tag is `rm:s:<issuer>:<value>` for a signature and `rm:e:<issuer>:<value>` for encrypted reasoning; the issuer is
 * empty when nobody knows it. The vendor's own values are base64 and never hold a colon.
 */
import type { IrBlock, Sealed } from "../../ir/request.ts";
import { RESPONSES } from "./wire.ts";

const TAG = /^rm:([se]):([a-z0-9_-]*):/;

type Seals = Pick<Extract<IrBlock, { type: "reasoning" }>, "signature" | "encrypted">;

/** Of an `encrypted_content`; an empty one seals nothing. */
export function readSeals(value: string): Seals {
  if (value === "") return { signature: null, encrypted: null };
  const tag = TAG.exec(value);
  if (tag === null) return { signature: null, encrypted: { issuer: RESPONSES, value } };
  const issuer = tag[2] === undefined || tag[2] === "" ? null : tag[2];
  const sealed: Sealed = { issuer, value: value.slice(tag[0].length) };
  return tag[1] === "s" ? { signature: sealed, encrypted: null } : { signature: null, encrypted: sealed };
}

/** The value itself when this vendor issued it, tagged otherwise; null: nothing is sealed. */
export function writeSeals({ signature, encrypted }: Seals): string | null {
  const sealed = encrypted ?? signature;
  if (sealed === null) return null;
  if (sealed.issuer === RESPONSES) return sealed.value;
  return `rm:${encrypted === null ? "s" : "e"}:${sealed.issuer ?? ""}:${sealed.value}`;
}

/**
 * The value this vendor can open; null: there is none. A stream tells it only behind the text, so other protocols may
 * have carried it as a signature.
 */
export function ownSeal({ signature, encrypted }: Seals): string | null {
  if (encrypted?.issuer === RESPONSES) return encrypted.value;
  return signature?.issuer === RESPONSES ? signature.value : null;
}
