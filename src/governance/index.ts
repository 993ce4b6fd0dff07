/**
 * Governance: who is calling, what they may ask for, what an answer costs and where that is booked.
 * It never reads a request's body, never speaks HTTP, and its arithmetic takes time as an argument.
 */
export { mayAsk } from "./admit.ts";
export { type Credential, type CredentialOptions, readAdminCredential, readCredential } from "./credential.ts";
export {
  type Caller,
  createIdentify,
  createSigners,
  type Identified,
  type Signer,
  type SigningKey,
  unauthenticated,
} from "./identify.ts";
export { isLocalHost } from "./local-host.ts";
export { costOf } from "./prices.ts";
export { type Settlement, settle } from "./settle.ts";
export type { Ledger, UsageRow } from "./store.ts";
export { createMemoryLedger } from "./stores/memory.ts";
