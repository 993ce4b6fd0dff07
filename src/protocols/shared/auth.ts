/** A credential as one header, whatever the request is. The only file of its protocols that sees a credential's text. */
import type { CarrierAuth } from "../protocol.ts";
import { headerText } from "./header-text.ts";

export const bearerAuth: CarrierAuth = {
  sign({ secret, style }) {
    const text = headerText(secret.reveal().trimStart());
    return style === "api-key" ? { "api-key": text } : { authorization: `Bearer ${text}` };
  },
  perRequest: false,
  queryKey: false,
};
