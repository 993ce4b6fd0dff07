/**
 * Governance: who is calling, what they may ask for, what an answer costs and where that is booked.
 * It never reads a request's body, never speaks HTTP, and its arithmetic takes time as an argument.
 */

export { type Admission, createAdmission, type Pass, type RateLimits } from "./admission.ts";
export { mayAsk } from "./admit.ts";
export type { Capped } from "./caps.ts";
export { type Credential, type CredentialOptions, readAdminCredential, readCredential } from "./credential.ts";
export {
  type Caller,
  createIdentify,
  createKeyIdentify,
  createSigners,
  type Identified,
  type Signer,
  type SigningKey,
  unauthenticated,
} from "./identify.ts";
export { createKeyRing, type KeyRing, type VirtualKey } from "./keys.ts";
export { isLocalHost } from "./local-host.ts";
export { costOf } from "./prices.ts";
export { seenUsage } from "./seen.ts";
export { type Settlement, settle } from "./settle.ts";
export { createSpender, type Spender } from "./spender.ts";
export type {
  Entry,
  LedgerMessage,
  LedgerReply,
  ManageReply,
  ManageRequest,
  Recalled,
  RememberedAnswer,
  UsageRow,
} from "./store.ts";
