/** What follows from the meaning of a vendor's error: the failure it is, and the status it would have had. */
import type { Failure, FailureKind } from "../../../ir/failure.ts";
import type { ErrorWords } from "../../protocol.ts";

type Meaning = NonNullable<ErrorWords["meaning"]>;

export const KIND_BY_MEANING = {
  "context-length": "context-length",
  billing: "billing",
  overloaded: "overloaded",
  "rate-limited": "rate-limited",
  "model-missing": "model-missing",
  credential: "credential",
  "too-large": "upstream-too-large",
  "content-policy": "rejected",
} as const satisfies Record<Meaning, FailureKind>;

/** Of an error that came without one. */
export const STATUS_BY_MEANING: Readonly<Record<Meaning, number>> = {
  "context-length": 400,
  billing: 402,
  overloaded: 503,
  "rate-limited": 429,
  "model-missing": 404,
  credential: 401,
  "too-large": 413,
  "content-policy": 400,
};

/** By its meaning, else by its status. */
export function kindOfWords({ meaning, status }: Pick<ErrorWords, "meaning" | "status">): FailureKind {
  if (meaning !== null) return KIND_BY_MEANING[meaning];
  if (status === 429) return "rate-limited";
  if (status === 401 || status === 403) return "credential";
  if (status === 402) return "billing";
  if (status === 408 || status === 504) return "timeout";
  if (status === 503 || status === 529) return "overloaded";
  return status >= 500 ? "server-error" : "rejected";
}

/** An in-band error as a failure of its own kind, for an answer that has already begun. */
export function failureOfWords(words: ErrorWords, kind: FailureKind = kindOfWords(words)): Failure {
  return failureSaying(words, kind, "The provider ended the answer with an error.");
}

/** The vendor's words in a failure: its code, type and sentence are kept for a client of another protocol. */
export function failureSaying(words: ErrorWords, kind: FailureKind, sentence: string): Failure {
  const { status, code, type, message, retryAfterMs } = words;
  return {
    kind,
    message: sentence,
    retryAfterMs,
    upstream: { status, code, type, message, body: null, headers: {} },
    details: null,
  };
}
