/**
 * What a vendor said of trouble, as its protocol reads it, and what follows from that: the kind of failure for a meaning
 * or a status. Every protocol and the one judge of errors (exchange/answer/classify.ts) use these tables.
 */
import { FAILURES, type FailureKind } from "./failure.ts";

/** The vendor's words, parsed; null: not found. */
export interface ErrorWords {
  /** Of an error inside a 200: the status its words imply. */
  readonly status: number;
  readonly code: string | null;
  readonly type: string | null;
  /** At most 2,000 characters. */
  readonly message: string | null;
  /** What the words mean where the protocol knows more than the status says; null: classify by code, type, status. */
  readonly meaning: ErrorMeaning | null;
  /** Wait named in the body, in ms; null: none. */
  readonly retryAfterMs: number | null;
}

export type ErrorMeaning = keyof typeof KIND_BY_MEANING;

export const KIND_BY_MEANING = {
  "context-length": "context-length",
  billing: "billing",
  overloaded: "overloaded",
  "rate-limited": "rate-limited",
  "model-missing": "model-missing",
  credential: "credential",
  "too-large": "upstream-too-large",
  "content-policy": "rejected",
} as const satisfies Record<string, FailureKind>;

/** The status an error of this meaning has, for one that came without any. */
export function statusOfMeaning(meaning: ErrorMeaning): number {
  return FAILURES[KIND_BY_MEANING[meaning]].status;
}

/** The kind a status stands for where the words say no more. */
export function kindOfStatus(status: number): FailureKind {
  const known = KIND_BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return "server-error";
  if (status >= 400) return "rejected";
  return status >= 300 ? "redirect" : "malformed";
}

const KIND_BY_STATUS: ReadonlyMap<number, FailureKind> = new Map([
  [401, "credential"],
  [402, "billing"],
  [403, "credential"],
  [408, "timeout"],
  [413, "upstream-too-large"],
  [425, "server-error"],
  [429, "rate-limited"],
  [503, "overloaded"],
  [504, "timeout"],
  [529, "overloaded"],
]);
