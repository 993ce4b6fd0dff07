/** The only place here that sees a credential's text: it becomes one header, whatever the request is. */
import type { CarrierAuth } from "../protocol.ts";

export const auth: CarrierAuth = {
  sign({ secret, style }) {
    if (style === "api-key") return { "api-key": secret.reveal() };
    return { authorization: `Bearer ${secret.reveal()}` };
  },
  perRequest: false,
};
