/** How Responses bodies travel: path, framing, headers. Another carrier may hold the same payload. */
import type { Route } from "../../ir/route.ts";
import { SSE_COMMENT_KEEP_ALIVE } from "../framing/sse.ts";
import { sseFraming } from "../framing/sse-framing.ts";
import type { Carrier } from "../protocol.ts";
import { bearerAuth } from "../shared/auth.ts";
import { OPENAI_REQUEST_HEADERS, OPENAI_RESPONSE_HEADERS } from "../shared/openai/headers.ts";
import { QUOTAS } from "../shared/openai/quota-headers.ts";
import { pathOr, siblingPath } from "../shared/upstream-path.ts";
import { PROTOCOL } from "./wire.ts";

const PATH = "/v1/responses";
const COUNT_END = "/input_tokens";
const COMPACT_END = "/compact";
const BY_BODY = { from: "body", member: "model" } as const;

/** The second prefix is the vendor's at Azure, whose clients set nothing but a base URL. */
const routes: readonly Route[] = ["", "/openai"].flatMap((prefix): Route[] => [
  {
    protocol: PROTOCOL,
    operation: "chat",
    method: "POST",
    path: `${prefix}${PATH}`,
    target: BY_BODY,
    stream: { from: "body", member: "stream" },
  },
  {
    protocol: PROTOCOL,
    operation: "chat",
    method: "POST",
    path: `${prefix}${PATH}${COMPACT_END}`,
    target: BY_BODY,
    stream: { from: "fixed", value: false },
    compacts: true,
  },
  {
    protocol: PROTOCOL,
    operation: "count",
    method: "POST",
    path: `${prefix}${PATH}${COUNT_END}`,
    target: BY_BODY,
    stream: { from: "fixed", value: false },
  },
]);
const framing = sseFraming(SSE_COMMENT_KEEP_ALIVE);

export const carrier: Carrier = {
  id: PROTOCOL,
  routes,
  // What is stored is read, cancelled and deleted below that path.
  ownsPath: (path) => OWN.test(path),
  envelope: PROTOCOL,
  framing,
  framingFor: () => framing,
  upstreamPath: (input) => {
    const end = input.operation === "count" ? COUNT_END : COMPACTS.test(input.clientPath) ? COMPACT_END : null;
    if (end === null) return pathOr(PATH, input);
    return siblingPath({ path: PATH + end, chatEnd: "/responses", end: `/responses${end}` }, input);
  },
  memberEdits: ({ upstreamModel }) => ({ model: JSON.stringify(upstreamModel) }),
  bodyHeaders: null,
  auth: bearerAuth,
  headers: {
    request: [
      ...OPENAI_REQUEST_HEADERS,
      // Coding agents tell the vendor which session and turn this is, for its caches; older ones with an underscore.
      "session-id",
      "session_id",
      "thread-id",
      "conversation_id",
      "originator",
      // Of its other headers, one tells which installation asks.
      "x-codex-turn-state",
      "x-codex-beta-features",
    ],
    response: OPENAI_RESPONSE_HEADERS,
    requestDefaults: {},
  },
  quotas: QUOTAS,
  answerHeaders: (requestId) => ({ "x-request-id": requestId }),
};

/** A client's path; those of other protocols never end so. */
const COMPACTS = /\/responses\/compact$/;

const OWN = /^(?:\/openai)?\/v1\/responses(?:\/|$)/;
