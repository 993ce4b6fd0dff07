/** What trouble on the way to an upstream is called: the words of time limits and of broken connections. */
import { type Failure, failure } from "../ir/failure.ts";

/** Which of our own limits ended a request. */
export type Timeout = "connect" | "first byte" | "idle" | "total";

export function timeoutFailure(why: Timeout | null): Failure {
  return failure("timeout", TIMEOUT_MESSAGES[why ?? "total"]);
}

const TIMEOUT_MESSAGES: Readonly<Record<Timeout, string>> = {
  connect: "Timeout: no connection to the model's provider stood in time.",
  "first byte": "Timeout: the model did not begin to answer in time.",
  idle: "Timeout: the model stopped sending in the middle of its answer.",
  total: "Timeout: the model did not finish its answer in time.",
};

/** Nothing was sent when the connection never stood. Bun's own codes beside the system's; its messages hold the URL and are not used. */
const NEVER_CONNECTED = new Set([
  "ConnectionRefused",
  "FailedToOpenSocket",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
]);

/**
 * This machine has no descriptor, port or memory left. The request was not sent, and the provider is not to blame. A
 * name that must be looked up without a descriptor is told as a refused connection (Bun 1.4.5), which cannot be told
 * apart.
 */
const OURS = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL"]);

const NO_CONNECTION_LEFT = failure(
  "no-eligible-lane",
  "The gateway has no connection left. Try again in a moment.",
  1_000,
);

/** The other side's bytes are no answer of HTTP. */
export const BROKEN_ANSWER = failure(
  "network",
  "Network error: the model's provider did not answer in valid HTTP, and the connection was closed.",
);

/** A header or an address that HTTP cannot carry: nothing was sent. */
export const UNWRITABLE_REQUEST = failure(
  "network",
  "Network error: the request to the model's provider cannot be written in HTTP.",
);

export function transportFailure(error: unknown): { failure: Failure; mayHaveRun: boolean } {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (OURS.has(code)) return { failure: NO_CONNECTION_LEFT, mayHaveRun: false };
  return {
    failure: failure("network", "Network error: the connection to the model's provider was lost."),
    mayHaveRun: !NEVER_CONNECTED.has(code),
  };
}
