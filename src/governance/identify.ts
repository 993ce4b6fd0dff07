/** Who is calling, decided from the request's head. The only room beside protocols/<id>/auth.ts that looks into a Secret. */
import type { Secret } from "../std/secret.ts";

export interface Caller {
  /** Fit for a label and a log: `anonymous`, `token-1`, `passthrough`, a key's name. Never a credential. */
  readonly label: string;
  /** Targets it may ask for; null: all. */
  readonly allowedTargets: readonly string[] | null;
  /** Auth mode passthrough: sent upstream instead of the lane's own credential. null: the lane's own is used. */
  readonly passthrough: Secret | null;
}
