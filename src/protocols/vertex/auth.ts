/** How a credential is sent to Vertex AI: an OAuth access token as a bearer token. The only file here that sees one. */

import type { CarrierAuth } from "../protocol.ts";
import { headerText } from "../shared/header-text.ts";

export const auth: CarrierAuth = {
  sign({ secret, style }) {
    const token = headerText(secret.reveal().trim());
    return style === "api-key" ? { "api-key": token } : { authorization: `Bearer ${token}` };
  },
  perRequest: false,
  queryKey: false,
};
