/** How a credential is sent to the vendor. The only file of this protocol in which a secret leaves its wrapper. */

import type { CarrierAuth, SignInput } from "../protocol.ts";
import { headerText } from "../shared/header-text.ts";

export const auth: CarrierAuth = { sign, perRequest: false, queryKey: true };

/**
 * API keys (`AIza...`, `AQ....`) go in the vendor's own header; OAuth access tokens and signed tokens only ever work as
 * bearer tokens. Never both: the vendor refuses two credentials (docs.cloud.google.com, API keys, read 2026-11-27).
 */
function sign(input: SignInput): Readonly<Record<string, string>> {
  const secret = headerText(input.secret.reveal().trim());
  if (input.style === "api-key") return { "api-key": secret };
  return BEARER_ONLY.test(secret) ? { authorization: `Bearer ${secret}` } : { "x-goog-api-key": secret };
}

/** Access tokens of users and service accounts, federated tokens, and signed tokens (JWT). */
const BEARER_ONLY = /^(ya29[.]|sts\.|eyJ[A-Za-z0-9_-]+\.)/;
