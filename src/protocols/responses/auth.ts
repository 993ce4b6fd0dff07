/** The only place here that sees a credential's text: it becomes one header, whatever the request is. */
import type { CarrierAuth } from "../protocol.ts";

export const auth: CarrierAuth = {
  sign({ secret, style }) {
    const text = headerText(secret.reveal().trimStart());
    return style === "api-key" ? { "api-key": text } : { authorization: `Bearer ${text}` };
  },
  perRequest: false,
};

/** A secret with characters no header may hold becomes empty: the vendor refuses it, and nothing is thrown that names it. */
function headerText(secret: string): string {
  return ILLEGAL.test(secret) ? "" : secret;
}

const ILLEGAL = /[^\t\x20-\x7e\x80-\xff]/;
