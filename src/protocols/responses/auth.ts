/** The only place here that sees a credential's text: it becomes one header, whatever the request is. */

import type { CarrierAuth } from "../protocol.ts";
import { headerText } from "../shared/header-text.ts";

export const auth: CarrierAuth = {
  sign({ secret, style }) {
    const text = headerText(secret.reveal().trimStart());
    return style === "api-key" ? { "api-key": text } : { authorization: `Bearer ${text}` };
  },
  perRequest: false,
  queryKey: false,
};
