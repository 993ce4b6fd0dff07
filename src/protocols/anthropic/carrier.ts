/** How Messages bodies travel: paths, framing, headers. Another carrier may hold the same payload. */
import type { RateLimits } from "../../ir/limits.ts";
import type { Route } from "../../ir/route.ts";
import { writeSseFrame } from "../framing/sse.ts";
import { sseFraming } from "../framing/sse-framing.ts";
import type { Carrier, HeaderRules } from "../protocol.ts";
import { pathOr, siblingPath } from "../shared/upstream-path.ts";
import { auth } from "./auth.ts";
import { QUOTAS } from "./quota-headers.ts";
import { PROTOCOL } from "./wire.ts";

const STREAM = { from: "body", member: "stream" } as const;
const BY_BODY = { from: "body", member: "model" } as const;
/** The path names the model; what the body says is ignored. */
const BY_TARGET = { from: "param", names: ["target"] } as const;
const BY_PROVIDER = { from: "param", names: ["provider", "model"] } as const;

const MESSAGES = "/v1/messages";
const COUNT = "/v1/messages/count_tokens";

function route(operation: "chat" | "count", path: string, target: Route["target"]): Route {
  const stream = operation === "chat" ? STREAM : ({ from: "fixed", value: false } as const);
  return { protocol: PROTOCOL, operation, method: "POST", path, target, stream };
}

/** The list of models is on a path this protocol shares with OpenAI's, which declares it. */
const routes: readonly Route[] = [
  route("chat", MESSAGES, BY_BODY),
  route("chat", `/:target${MESSAGES}`, BY_TARGET),
  route("chat", `/:provider/:model${MESSAGES}`, BY_PROVIDER),
  route("count", COUNT, BY_BODY),
  route("count", `/:target${COUNT}`, BY_TARGET),
  route("count", `/:provider/:model${COUNT}`, BY_PROVIDER),
];

/**
 * `anthropic-organization-id` and `anthropic-workspace-id` in an answer name the operator's own account, so the answer's
 * list spells out what passes instead of the whole prefix.
 */
const headers: HeaderRules = {
  request: [
    "anthropic-*",
    "x-stainless-*",
    "x-app",
    "x-claude-code-*",
    "idempotency-key",
    "x-client-request-id",
    "traceparent",
    "tracestate",
  ],
  response: [
    "request-id",
    "anthropic-ratelimit-*",
    "anthropic-priority-*",
    "anthropic-fast-*",
    "anthropic-version",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
  ],
  requestDefaults: { "anthropic-version": "2023-06-01" },
};

const framing = sseFraming(writeSseFrame({ event: "ping", data: '{"type": "ping"}' }));

/** `anthropic-ratelimit-*` (docs.anthropic.com, rate limits, read 2026-11): a reset is a moment, in RFC 3339. */
function limitHeaders({ requests, tokens }: RateLimits, wallMs: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [kind, limit] of Object.entries({ requests, tokens })) {
    if (limit === null) continue;
    const reset = new Date(Math.ceil((wallMs + limit.resetMs) / 1_000) * 1_000).toISOString().replace(".000Z", "Z");
    headers[`anthropic-ratelimit-${kind}-limit`] = String(limit.limit);
    headers[`anthropic-ratelimit-${kind}-remaining`] = String(limit.left);
    headers[`anthropic-ratelimit-${kind}-reset`] = reset;
  }
  return headers;
}

export const carrier: Carrier = {
  id: PROTOCOL,
  routes,
  ownsPath: (path) => path.endsWith(MESSAGES) || path.endsWith(COUNT),
  envelope: PROTOCOL,
  framing,
  framingFor: () => framing,
  upstreamPath: (input) => {
    if (input.operation !== "count") return pathOr(MESSAGES, input);
    return siblingPath({ path: COUNT, chatEnd: "/messages", end: "/messages/count_tokens" }, input);
  },
  // Clients of other carriers say the version and the betas in the body, and the stream in the path.
  memberEdits: ({ operation, upstreamModel, stream, body }) => ({
    model: JSON.stringify(upstreamModel),
    anthropic_version: null,
    anthropic_beta: null,
    ...(stream ? { stream: "true" } : {}),
    // Where the path decides, a body that says otherwise would be answered in a form that was not asked for.
    ...(operation === "chat" && !stream && body["stream"] === true ? { stream: "false" } : {}),
  }),
  bodyHeaders: null,
  auth,
  headers,
  quotas: QUOTAS,
  limitHeaders,
  answerHeaders: (requestId) => ({ "request-id": requestId }),
};
