/** How a credential is sent to the vendor. The only file of this protocol in which a secret leaves its wrapper. */

import type { CarrierAuth, SignInput } from "../protocol.ts";
import { headerText } from "../shared/header-text.ts";

export const auth: CarrierAuth = { sign, perRequest: false, queryKey: false };

/**
 * Console keys go as `x-api-key`, subscription tokens as a bearer token. A secret of neither form is a key of ours for a
 * compatible server, unless it is the caller's own: then it came as a bearer token and goes as one.
 */
function sign(input: SignInput): Readonly<Record<string, string>> {
  const secret = headerText(input.secret.reveal().trimStart());
  if (input.style === "api-key") return { "api-key": secret };
  if (secret.startsWith("sk-ant-api")) return { "x-api-key": secret };
  if (secret.startsWith("sk-ant-oat") || input.passthrough) return { authorization: `Bearer ${secret}` };
  return { "x-api-key": secret };
}
