/** How a credential is sent to the vendor. The only file of this protocol in which a secret leaves its wrapper. */

import type { CarrierAuth, SignInput } from "../protocol.ts";
import { headerText } from "../shared/header-text.ts";

export const auth: CarrierAuth = { sign, perRequest: false, queryKey: false };

/**
 * Console keys go as `x-api-key`, subscription tokens as a bearer token. A configured secret of neither form is a key
 * for a compatible server. A caller's own secret came as a bearer token and leaves as one.
 */
function sign(input: SignInput): Readonly<Record<string, string>> {
  const secret = headerText(input.secret.reveal().trimStart());
  if (input.style === "api-key") return { "api-key": secret };
  if (secret.startsWith("sk-ant-api")) return { "x-api-key": secret };
  if (secret.startsWith("sk-ant-oat") || input.passthrough) return { authorization: `Bearer ${secret}` };
  return { "x-api-key": secret };
}
