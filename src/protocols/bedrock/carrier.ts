/** How Converse bodies travel: the model in the path, streams as binary messages, requests signed. */
import type { Route } from "../../ir/route.ts";
import { eventStreamFraming } from "../framing/event-stream-framing.ts";
import type { Carrier, HeaderRules, UpstreamPathInput } from "../protocol.ts";
import { fillPath } from "../shared/upstream-path.ts";
import { auth } from "./auth.ts";
import { answerHeaders } from "./errors.ts";
import { escapeUri } from "./sigv4.ts";
import { PROTOCOL } from "./wire.ts";

function post(operation: "chat" | "count", action: string, stream: boolean): Route {
  return {
    protocol: PROTOCOL,
    operation,
    method: "POST",
    path: `/model/:target/${action}`,
    target: { from: "param", names: ["target"] },
    stream: { from: "fixed", value: stream },
  };
}

function list(path: string): Route {
  const stream = { from: "fixed", value: false } as const;
  return { protocol: PROTOCOL, operation: "models", method: "GET", path, target: { from: "none" }, stream };
}

const routes: readonly Route[] = [
  post("chat", "converse", false),
  post("chat", "converse-stream", true),
  post("count", "count-tokens", false),
  list("/foundation-models"),
  list("/foundation-models/:id"),
  list("/inference-profiles"),
  list("/inference-profiles/:id"),
];

const OWN_PATH =
  /^\/(model\/.+\/(converse|converse-stream|count-tokens)$|foundation-models(\/|$)|inference-profiles(\/|$))/;

/** Both carriers of this vendor pass the same headers. */
export const headers: HeaderRules = {
  request: ["x-amzn-bedrock-*", "x-amzn-trace-id", "traceparent", "tracestate"],
  response: ["x-amzn-requestid", "x-amzn-errortype", "x-amzn-bedrock-*", "retry-after"],
  requestDefaults: {},
};

/** An id may be an ARN: its colons and slashes are part of the one path segment. */
export function modelPath(model: string, action: string, template: string | null): string {
  return template === null ? `/model/${escapeUri(model)}/${action}` : fillPath(template, { model, action });
}

function actionOf({ operation, stream }: UpstreamPathInput): string {
  if (operation === "count") return "count-tokens";
  // Embeddings are InvokeModel's alone, and its path is one with the messages of another payload (invoke.ts).
  if (operation === "embed") return "invoke";
  return stream ? "converse-stream" : "converse";
}

const framing = eventStreamFraming();

export const carrier: Carrier = {
  id: PROTOCOL,
  routes,
  ownsPath: (path) => OWN_PATH.test(path),
  envelope: PROTOCOL,
  framing,
  framingFor: () => framing,
  upstreamPath(input) {
    const { upstreamModel, template } = input;
    // A path of the operator's own is chat's alone, unless it says where the action stands.
    if (input.operation !== "chat" && template !== null && !template.includes("{action}")) return null;
    return modelPath(upstreamModel, actionOf(input), template);
  },
  // The path says both.
  memberEdits: () => ({ model: null, stream: null }),
  bodyHeaders: null,
  auth,
  headers,
  answerHeaders,
};
