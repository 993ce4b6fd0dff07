/** How the vendor's bodies travel: paths, framing, headers. Another carrier may hold the same payload. */
import { SSE_COMMENT_KEEP_ALIVE } from "../framing/sse.ts";
import { sseFraming } from "../framing/sse-framing.ts";
import type { Carrier, UpstreamPathInput } from "../protocol.ts";
import { bearerAuth } from "../shared/auth.ts";
import { OPENAI_REQUEST_HEADERS, OPENAI_RESPONSE_HEADERS } from "../shared/openai/headers.ts";
import { QUOTAS } from "../shared/openai/quota-headers.ts";
import { pathOr, siblingPath } from "../shared/upstream-path.ts";
import { CHAT_END, endOf, ownsPath, routes, VERSION } from "./routes.ts";
import { PROTOCOL } from "./wire.ts";

const framing = sseFraming(SSE_COMMENT_KEEP_ALIVE);

export const carrier: Carrier = {
  id: PROTOCOL,
  routes,
  ownsPath,
  envelope: PROTOCOL,
  framing,
  framingFor: () => framing,
  upstreamPath,
  memberEdits: ({ upstreamModel }) => ({ model: JSON.stringify(upstreamModel) }),
  bodyHeaders: null,
  auth: bearerAuth,
  headers: {
    request: OPENAI_REQUEST_HEADERS,
    response: OPENAI_RESPONSE_HEADERS,
    requestDefaults: {},
  },
  quotas: QUOTAS,
  answerHeaders: (requestId) => ({ "x-request-id": requestId }),
};

/** An operation that is only relayed goes to the path the client called; an embedding may come from another protocol's. */
function upstreamPath(input: UpstreamPathInput): string | null {
  if (input.operation === "chat") return pathOr(`${VERSION}${CHAT_END}`, input);
  const end = input.operation === "embed" ? "/embeddings" : endOf(input.clientPath);
  return end === null ? null : siblingPath({ path: `${VERSION}${end}`, chatEnd: CHAT_END, end }, input);
}
