/** What the gateway must know of a request before it chooses a lane. One guarded parse gives it, for relay and translation alike. */
import type { Needs } from "./capability.ts";

/** `complete` is the older API that continues a text; it and the last three are relayed and never translated. */
export const OPERATIONS = [
  "chat",
  "count",
  "models",
  "embed",
  "rerank",
  "complete",
  "moderate",
  "image",
  "audio",
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Vendors take nothing for these, so that no price is missing where none is known. */
const FREE: ReadonlySet<Operation> = new Set<Operation>(["count", "models", "moderate"]);

/** False too where nothing was asked for. */
export function isBilled(operation: Operation | null): boolean {
  return operation !== null && !FREE.has(operation);
}

/** Content that not every lane can read: it stands at an account and the request names it, or it is sealed. */
export interface Reference {
  /** Path of the member, in the client's own words: `previous_response_id`, `input[2].id`. */
  readonly member: string;
  /** null: it is no text. */
  readonly id: string | null;
  /** Ids of the payloads in which such an id means something. */
  readonly payloads: readonly string[];
  /** The request holds it, sealed: only lanes of its issuer can open it; absent: it stands at an account. */
  readonly sealed?: true;
}

/** Facts only the payload's own reader can tell from the body. */
export interface PayloadFacts {
  /** Requested output limit in tokens; null: not said. */
  readonly maxOutputTokens: number | null;
  readonly needs: Needs;
  /** True when the client will be told usage in the stream anyway (or the protocol always tells). */
  readonly usageAsked: boolean;
  /** Whether the client said that the model shall reason, or shall not; absent: it said neither, or its protocol does not tell. */
  readonly reasoningAsked?: boolean;
  /** Answers asked for in one (`n`), at least 1; absent: 1. */
  readonly answers?: number;
  /** What the body calls the session it belongs to; absent: nothing. */
  readonly session?: string;
  /** Absent: the request holds all of its content. */
  readonly references?: readonly Reference[];
}

/** As many as any vendor gives in one. */
const ANSWERS_MAX = 128;

/** Of what a client wrote for `n`, in a form or in JSON. */
export function answersAsked(written: unknown): number {
  const asked = typeof written === "number" || typeof written === "string" ? Number(written) : 1;
  return Number.isInteger(asked) && asked > 1 ? Math.min(asked, ANSWERS_MAX) : 1;
}

export interface Facts extends PayloadFacts {
  /** The path asks to compact the conversation; absent: it does not. */
  readonly compacts?: true;
  readonly operation: Operation;
  /** Model, pool, `provider/model` or `provider/account/model`, as the client wrote it. */
  readonly target: string;
  readonly stream: boolean;
  readonly bodyBytes: number;
  /** Rough prompt size in tokens, from bytes; errs to the high side. Only for filters and reservations, never for bills. */
  readonly inputTokensEstimate: number;
}
