/**
 * `vertex`: Anthropic's bodies as Vertex AI takes them, by rawPredict and streamRawPredict of a publisher's model. The payload
 * comes from the table. The base URL ends in `/publishers/anthropic/models`; clients in their Vertex mode call the whole
 * path below `/v1` (platform.claude.com, "Claude on Vertex AI"; recorded traffic; read 2026-11).
 */
import type { ErrorMeaning } from "../../ir/error-words.ts";
import type { Route } from "../../ir/route.ts";
import { asText, at } from "../../std/json.ts";
import { sseFraming } from "../framing/sse-framing.ts";
import type { Carrier, Payload, Protocol } from "../protocol.ts";
import { boundedMessage } from "../shared/errors/text.ts";
import { fillPath } from "../shared/upstream-path.ts";
import { auth } from "./auth.ts";

const ID = "vertex";

/** The body's own word for the version of the API it is written in. */
const VERSION = "vertex-2023-10-16";

export function vertexProtocol(inner: Protocol): Protocol {
  const carrier = carrierOf(inner.carrier);
  return { id: ID, payload: payloadOf(inner.payload), carrier, operations: {} };
}

/** The version in the body is no part of the conversation. Errors ahead of the model come in Google's envelope. */
function payloadOf(inner: Payload): Payload {
  return {
    ...inner,
    routedMembers: [...inner.routedMembers, "anthropic_version"],
    readRequest(body) {
      const { anthropic_version: _version, ...rest } = body;
      return inner.readRequest(rest);
    },
    readError(input) {
      const words = inner.readError(input);
      const status = asText(at(input.json, "error", "status")) ?? asText(at(input.json, 0, "error", "status"));
      if (status === undefined) return words;
      const message = asText(at(input.json, "error", "message")) ?? asText(at(input.json, 0, "error", "message"));
      return {
        ...words,
        type: status,
        message: boundedMessage(message ?? words.message),
        meaning: words.meaning ?? MEANINGS.get(status) ?? null,
      };
    },
  };
}

/** google.rpc.Code, as far as it says more than the status it comes with. */
const MEANINGS: ReadonlyMap<string, ErrorMeaning> = new Map([
  ["RESOURCE_EXHAUSTED", "rate-limited"],
  ["UNAVAILABLE", "overloaded"],
  ["UNAUTHENTICATED", "credential"],
  ["PERMISSION_DENIED", "credential"],
]);

const MODELS = "/v1/projects/:project/locations/:location/publishers/anthropic/models/:target";

function route(action: string, stream: boolean): Route {
  return {
    protocol: ID,
    operation: "chat",
    method: "POST",
    path: `${MODELS}:${action}`,
    target: { from: "param", names: ["target"] },
    stream: { from: "fixed", value: stream },
  };
}

const PREDICT = "rawPredict";
const STREAM_PREDICT = "streamRawPredict";

function carrierOf(inner: Carrier): Carrier {
  // Its clients are Anthropic's own, which skip pings.
  const framing = { ...sseFraming(null), keepAlive: inner.framing.keepAlive };
  return {
    id: ID,
    routes: [route(PREDICT, false), route(STREAM_PREDICT, true)],
    ownsPath: (path) => path.includes("/publishers/anthropic/models/"),
    envelope: inner.envelope,
    framing,
    framingFor: () => framing,
    upstreamPath: ({ upstreamModel, stream, template }) => {
      const action = stream ? STREAM_PREDICT : PREDICT;
      // The `@` in front of a date stands as it is in the vendor's own examples.
      if (template === null) return `/${encodeURIComponent(upstreamModel).replaceAll("%40", "@")}:${action}`;
      return fillPath(template, { model: upstreamModel, action });
    },
    memberEdits: ({ stream, body }) => ({
      model: null,
      anthropic_beta: null,
      ...((asText(body["anthropic_version"]) ?? "").startsWith("vertex-")
        ? {}
        : { anthropic_version: JSON.stringify(VERSION) }),
      ...(stream ? { stream: "true" } : {}),
      // The path decides: a body that says otherwise would be answered in a form that was not asked for.
      ...(!stream && body["stream"] === true ? { stream: "false" } : {}),
    }),
    bodyHeaders: null,
    auth,
    headers: {
      request: ["anthropic-beta", "x-goog-user-project", "traceparent", "tracestate"],
      response: ["request-id", "retry-after", "x-vertex-ai-*"],
      requestDefaults: {},
    },
    answerHeaders: inner.answerHeaders,
  };
}
