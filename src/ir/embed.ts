/** Texts (and images, where a vendor embeds them) to vectors, in the IR. */
import type { Extras, Spelling } from "./request.ts";
import type { Usage } from "./usage.ts";

export interface IrEmbedRequest {
  /** Id of the protocol it was read from: extras belong to it. */
  readonly sourceProtocol: string;
  readonly inputs: readonly EmbedInput[];
  /** The wire had one bare input instead of a list; kept so that the same protocol gets its own spelling back. */
  readonly wasString: boolean;
  /** What the vectors are for, in the neutral words below; null: not said. */
  readonly purpose: EmbedPurpose | null;
  /** Length of each vector; null: the model's own. */
  readonly dimensions: number | null;
  /** How the client wants numbers: `float` (JSON numbers), `base64` (little-endian float32), or another of the vendor's words. */
  readonly encodings: readonly string[];
  /** Which end is cut when an input is too long; `none`: refuse; null: not said. */
  readonly truncate: "none" | "start" | "end" | null;
  readonly user: string | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export type EmbedInput =
  | { readonly type: "text"; readonly text: string; readonly title: string | null }
  /** Token ids of the vendor's own tokenizer: good only where they came from. */
  | { readonly type: "tokens"; readonly tokens: readonly number[] }
  | { readonly type: "image"; readonly mediaType: string | null; readonly data: string };

export const EMBED_PURPOSES = [
  "query",
  "document",
  "similarity",
  "classification",
  "clustering",
  "question",
  "fact-verification",
  "code-query",
] as const;
export type EmbedPurpose = (typeof EMBED_PURPOSES)[number];

export interface IrEmbedResponse {
  readonly sourceProtocol: string;
  readonly id: string | null;
  /** The name the vendor reports; null: none given. Never invented. */
  readonly model: string | null;
  /** One per input, in the order of the inputs. */
  readonly vectors: readonly EmbedVector[];
  readonly usage: Usage | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

/** `float`: numbers as the vendor wrote them. `base64`: little-endian float32. `coded`: another of the vendor's encodings (int8, binary), by its word. */
export type EmbedVector =
  | { readonly kind: "float"; readonly values: readonly number[] }
  | { readonly kind: "base64"; readonly data: string }
  | { readonly kind: "coded"; readonly encoding: string; readonly values: readonly number[] };
