/** How the vendor's bodies travel: paths, framing, headers. Another carrier may hold the same payload. */
import type { Operation } from "../../ir/facts.ts";
import type { Route } from "../../ir/route.ts";
import { SSE_COMMENT_KEEP_ALIVE } from "../framing/sse.ts";
import { sseFraming } from "../framing/sse-framing.ts";
import type { Carrier, UpstreamPathInput } from "../protocol.ts";
import { bearerAuth } from "../shared/auth.ts";
import { countedQuota } from "../shared/quota-headers.ts";
import { pathOr, siblingPath } from "../shared/upstream-path.ts";
import { PROTOCOL } from "./wire.ts";

const CHAT = "/v2/chat";
const EMBED = "/v2/embed";
const RERANK = "/v2/rerank";
/** Of the API's first version. Other vendors took its rerank over as it was. */
const EMBED_V1 = "/v1/embed";
const RERANK_V1 = "/v1/rerank";
/** Not served; but who calls it is a client of this vendor's. */
const CHAT_V1 = "/v1/chat";

const BY_BODY = { from: "body", member: "model" } as const;

function route(operation: Operation, path: string): Route {
  const stream = operation === "chat" ? ({ from: "body", member: "stream" } as const) : NOT_STREAMED;
  return { protocol: PROTOCOL, operation, method: "POST", path, target: BY_BODY, stream };
}

const NOT_STREAMED = { from: "fixed", value: false } as const;

/** The list of models is on a path this protocol shares with OpenAI's, which declares it. */
const routes: readonly Route[] = [
  route("chat", CHAT),
  route("embed", EMBED),
  route("embed", EMBED_V1),
  route("rerank", RERANK),
  route("rerank", RERANK_V1),
];

const PATHS: ReadonlySet<string> = new Set([CHAT, EMBED, RERANK, EMBED_V1, RERANK_V1, CHAT_V1]);

const framing = sseFraming(SSE_COMMENT_KEEP_ALIVE);

export const carrier: Carrier = {
  id: PROTOCOL,
  routes,
  ownsPath: (path) => PATHS.has(path),
  envelope: PROTOCOL,
  framing,
  framingFor: () => framing,
  upstreamPath,
  memberEdits: ({ upstreamModel }) => ({ model: JSON.stringify(upstreamModel) }),
  bodyHeaders: null,
  auth: bearerAuth,
  headers: {
    request: ["x-client-name", "x-fern-*", "idempotency-key", "traceparent", "tracestate"],
    // The calls left to a key (`x-trial-endpoint-call-*`, `x-endpoint-monthly-call-limit`) are the operator's account.
    response: [
      "x-debug-trace-id",
      "x-api-warning",
      "num_chars",
      "num_tokens",
      "num-chars",
      "num-tokens",
      "retry-after",
    ],
    requestDefaults: {},
  },
  // Only answers to trial keys have them (recorded by public projects, 2026-11).
  quotas: [countedQuota("req", ["x-trial-endpoint-call-remaining", "x-trial-endpoint-call-limit", null])],
  answerHeaders: (requestId) => ({ "x-debug-trace-id": requestId }),
};

/** A body of the first version goes to the first version's path: it is relayed as it came. */
function upstreamPath(input: UpstreamPathInput): string | null {
  switch (input.operation) {
    case "chat":
      return pathOr(CHAT, input);
    case "embed":
      return siblingPath(siblingOf(input.clientPath === EMBED_V1 ? EMBED_V1 : EMBED), input);
    case "rerank":
      return siblingPath(siblingOf(input.clientPath === RERANK_V1 ? RERANK_V1 : RERANK), input);
    default:
      return null;
  }
}

function siblingOf(path: string) {
  return { path, chatEnd: CHAT, end: path };
}
