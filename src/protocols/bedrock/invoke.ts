/**
 * `bedrock-invoke`: Anthropic's bodies by the service's InvokeModel, as Claude Code sends them in its Bedrock mode. The
 * payload comes from the table; here is how it travels, and the service's own error envelope. In a stream every event is
 * a message `chunk` that holds the event's JSON once more, in base64 (docs.aws.amazon.com, InvokeModelWithResponseStream and
 * "Anthropic Claude Messages API", read 2026-11).
 */
import type { Route, RouteVariant } from "../../ir/route.ts";
import { asArray, asObject, asText, type JsonObject, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import {
  type EventStreamCodec,
  eventStreamFraming,
  exceptionFrame,
  exceptionOf,
} from "../framing/event-stream-framing.ts";
import type { Carrier, Frame, MemberEditsInput, Payload, Protocol } from "../protocol.ts";
import { auth } from "./auth.ts";
import { headers, modelPath } from "./carrier.ts";
import { EMBED_MEMBERS } from "./embed.ts";
import { readError, readException } from "./error-words.ts";
import { answerHeaders, writeError } from "./errors.ts";
import { PROTOCOL as SERVICE, type StreamException } from "./wire.ts";

const ID = "bedrock-invoke";

/** The body's own word for the version of the API it is written in. */
const VERSION = "bedrock-2023-05-31";

export function invokeProtocol(inner: Protocol): Protocol {
  return { id: ID, payload: payloadOf(inner.payload), carrier, operations: {} };
}

/** What the body says to this service alone is no part of the conversation; errors come in the service's envelope. */
function payloadOf(inner: Payload): Payload {
  return {
    ...inner,
    routedMembers: [...inner.routedMembers, "anthropic_version", "anthropic_beta"],
    readRequest(body) {
      const { anthropic_version: _version, anthropic_beta: _betas, ...rest } = body;
      return inner.readRequest(rest);
    },
    readError,
    writeError,
  };
}

const INVOKE = "invoke";
const INVOKE_STREAM = "invoke-with-response-stream";

function route(action: string, stream: boolean): Route {
  return {
    protocol: ID,
    operation: "chat",
    method: "POST",
    path: `/model/:target/${action}`,
    target: { from: "param", names: ["target"] },
    stream: { from: "fixed", value: stream },
    ...(stream ? {} : { instead: EMBEDDINGS }),
  };
}

/** Bodies at the same path that ask for vectors. */
const EMBEDDINGS: readonly RouteVariant[] = EMBED_MEMBERS.map((holds) => ({
  holds,
  protocol: SERVICE,
  operation: "embed",
}));

/**
 * Betas the service takes; it refuses a request for any other ("invalid beta flag"). From BerriAI/litellm's list of beta
 * headers by provider and the Bedrock user guide, read 2026-11.
 */
const BETAS = [
  "computer-use-",
  "token-efficient-tools-",
  "fine-grained-tool-streaming-",
  "interleaved-thinking-",
  "output-128k-",
  "dev-full-thinking-",
  "context-1m-",
  "context-management-",
  "effort-",
  "tool-search-tool-",
  "tool-examples-",
  "compact-",
];

function memberEdits({ headers: sent, body }: MemberEditsInput): Readonly<Record<string, string | null>> {
  const version = asText(body["anthropic_version"]) ?? "";
  const listed = (sent["anthropic-beta"] ?? "").split(",").map((each) => each.trim());
  const betas = listed.filter((each) => BETAS.some((start) => each.startsWith(start)));
  return {
    model: null,
    stream: null,
    // A client of this carrier says it itself.
    ...(version.startsWith("bedrock-") ? {} : { anthropic_version: JSON.stringify(VERSION) }),
    ...(asArray(body["anthropic_beta"]) !== undefined || betas.length === 0
      ? {}
      : { anthropic_beta: JSON.stringify(betas) }),
  };
}

/** Other carriers of these bodies have the betas in a header. */
function bodyHeaders(body: JsonObject): Readonly<Record<string, string>> {
  const betas = (asArray(body["anthropic_beta"]) ?? []).flatMap((each) => asText(each) ?? []);
  const value = betas.filter((each) => /^[\x21-\x2b\x2d-\x7e]{1,100}$/.test(each)).slice(0, BETAS_MAX);
  return value.length === 0 ? {} : { "anthropic-beta": value.join(",") };
}

const BETAS_MAX = 50;

// ---------------------------------------------------------------- framing

/** Types of Anthropic's error events, and the exceptions a stream of this service may end with. */
const EXCEPTIONS: ReadonlyMap<string, StreamException> = new Map<string, StreamException>([
  ["rate_limit_error", "throttlingException"],
  ["overloaded_error", "serviceUnavailableException"],
  ["invalid_request_error", "validationException"],
  ["authentication_error", "validationException"],
  ["permission_error", "validationException"],
  ["not_found_error", "validationException"],
  ["request_too_large", "validationException"],
  ["billing_error", "internalServerException"],
  ["timeout_error", "modelStreamErrorException"],
]);

const ERROR_TYPES: ReadonlyMap<string, string> = new Map([
  ["ThrottlingException", "rate_limit_error"],
  ["ServiceUnavailableException", "overloaded_error"],
  ["ModelStreamErrorException", "overloaded_error"],
  ["ModelErrorException", "overloaded_error"],
  ["ValidationException", "invalid_request_error"],
  ["ModelTimeoutException", "timeout_error"],
]);

const codec: EventStreamCodec = {
  id: "event-stream-chunk",
  read(frame) {
    const exception = exceptionOf(frame);
    if (exception !== null) return readTrouble(exception, frame.data);
    const bytes = asText(objectOf(frame.data)["bytes"]);
    if (frame.event !== "chunk" || bytes === undefined) return null;
    const data = Buffer.from(bytes, "base64").toString("utf8");
    return { event: eventName(data), data };
  },
  createWriter() {
    const counts = { input: 0, output: 0 };
    return (frame) => {
      if (frame.event === "error") return writeTrouble(frame.data);
      const data = withMetrics(frame.data, counts);
      return { event: "chunk", data: JSON.stringify({ bytes: Buffer.from(data, "utf8").toString("base64") }) };
    };
  },
};

/** Clients that read event lines know an event by that line alone. */
function eventName(data: string): string | null {
  const quick = /^\{"type":"([a-z_]+)"/.exec(data)?.[1];
  return quick ?? asText(objectOf(data)["type"]) ?? null;
}

function readTrouble(exception: string, data: string): Frame {
  const words = readException(exception, data);
  const type = ERROR_TYPES.get(words.type ?? "") ?? "api_error";
  const message = words.message ?? "The model's answer failed.";
  return { event: "error", data: JSON.stringify({ type: "error", error: { type, message } }) };
}

function writeTrouble(data: string): Frame {
  const error = asObject(objectOf(data)["error"]) ?? {};
  const exception = EXCEPTIONS.get(asText(error["type"]) ?? "") ?? "internalServerException";
  return exceptionFrame(exception, JSON.stringify({ message: asText(error["message"]) ?? "" }));
}

/** The last message of a stream counts its tokens once more, under the service's own name. */
function withMetrics(data: string, counts: { input: number; output: number }): string {
  if (!COUNTED.test(data)) return data;
  const event = objectOf(data);
  const usage = asObject(event["usage"]) ?? asObject(asObject(event["message"])?.["usage"]) ?? {};
  counts.input = numberOr(usage["input_tokens"], counts.input);
  counts.output = numberOr(usage["output_tokens"], counts.output);
  if (event["type"] !== "message_stop" || METRICS in event) return data;
  return JSON.stringify({
    ...event,
    [METRICS]: { inputTokenCount: counts.input, outputTokenCount: counts.output },
  });
}

const METRICS = "amazon-bedrock-invocationMetrics";
const COUNTED = /^\{\s*"type"\s*:\s*"message_(start|delta|stop)"/;

function numberOr(value: unknown, instead: number): number {
  return typeof value === "number" ? value : instead;
}

function objectOf(data: string): JsonObject {
  try {
    return asObject(parseJson(data)) ?? {};
  } catch (error) {
    if (error instanceof WireError) return {};
    throw error;
  }
}

const framing = eventStreamFraming(codec);

const carrier: Carrier = {
  id: ID,
  routes: [route(INVOKE, false), route(INVOKE_STREAM, true)],
  ownsPath: (path) => path.startsWith("/model/") && (path.endsWith(`/${INVOKE}`) || path.endsWith(`/${INVOKE_STREAM}`)),
  envelope: SERVICE,
  framing,
  framingFor: () => framing,
  upstreamPath: ({ upstreamModel, stream, template }) =>
    modelPath(upstreamModel, stream ? INVOKE_STREAM : INVOKE, template),
  memberEdits,
  bodyHeaders,
  auth,
  headers,
  answerHeaders,
};
