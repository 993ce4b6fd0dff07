/** Documents in order of relevance to a query, in the IR. */
import type { Extras, Spelling } from "./request.ts";
import type { Usage } from "./usage.ts";

export interface IrRerankRequest {
  /** Id of the protocol it was read from: extras belong to it. */
  readonly sourceProtocol: string;
  readonly query: string;
  readonly documents: readonly string[];
  /** Documents asked for; null: all. */
  readonly top: number | null;
  readonly maxTokensPerDocument: number | null;
  readonly extras: Extras;
}

export interface IrRerankResponse {
  readonly sourceProtocol: string;
  readonly id: string | null;
  /** Best first. `index` counts the request's documents from 0; `score` as the vendor gives it. */
  readonly results: readonly { readonly index: number; readonly score: number }[];
  readonly usage: Usage | null;
  /** The vendor's own unit of billing; null: not said. */
  readonly searchUnits: number | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}
