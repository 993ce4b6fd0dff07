/** How bodies travel: the model and what is asked of it stand in the path, and a stream is an array unless `alt=sse` is asked for. */

import { failure } from "../../ir/failure.ts";
import { asArray, asObject, type JsonObject } from "../../std/json.ts";
import { jsonArrayFraming } from "../framing/json-array.ts";
import { SSE_COMMENT_KEEP_ALIVE } from "../framing/sse.ts";
import { sseFraming } from "../framing/sse-framing.ts";
import type { Carrier, HeaderRules, MemberEditsInput, UpstreamPathInput } from "../protocol.ts";
import { fillPath } from "../shared/upstream-path.ts";
import { auth } from "./auth.ts";
import { writeStreamError } from "./errors.ts";
import { spelledObject } from "./members.ts";
import { ownsPath, routes } from "./routes.ts";
import { PROTOCOL } from "./wire.ts";

/**
 * `x-goog-user-project` names whom to bill, so it never passes by itself. The official SDKs' own headers and the ones
 * that ask for reserved capacity do (docs.cloud.google.com, provisioned throughput, read 2026-11-27).
 */
const headers: HeaderRules = {
  request: [
    "x-goog-api-client",
    "x-goog-fieldmask",
    "x-goog-request-params",
    "x-server-timeout",
    "x-vertex-ai-*",
    "x-gemini-*",
    "idempotency-key",
    "traceparent",
    "tracestate",
  ],
  response: ["x-gemini-*", "x-vertex-ai-*", "server-timing", "retry-after"],
  requestDefaults: {},
};

/** The official SDK skips comments (googleapis/js-genai, src/_api_client.ts, read 2026-11); its first versions did not. */
const sse = sseFraming(SSE_COMMENT_KEEP_ALIVE);
const array = jsonArrayFraming(
  JSON.stringify(
    writeStreamError(
      failure("malformed", "Server error, bad gateway: the model's provider sent an answer that cannot be used."),
    ),
  ),
);

export const carrier: Carrier = {
  id: PROTOCOL,
  routes,
  ownsPath,
  envelope: PROTOCOL,
  framing: sse,
  // The vendor compares the pair, so `alt=sse2` is another one.
  framingFor: ({ query }) => (query.split("&").includes("alt=sse") ? sse : array),
  upstreamPath,
  memberEdits,
  bodyHeaders: null,
  auth,
  headers,
  answerHeaders: () => ({}),
};

/**
 * `/v1beta/models/{model}:{action}`; a name may bring its own collection (`tunedModels/x`, `models/x`). A configured path
 * serves counting where it has a place for the action; embeddings have other paths and bodies in the vendor's cloud.
 */
function upstreamPath(input: UpstreamPathInput): string | null {
  const { operation, template } = input;
  const action = actionOf(input);
  if (template !== null && operation !== "chat" && (operation !== "count" || !template.includes("{action}")))
    return null;
  const path =
    template === null
      ? `/v1beta/${resourceOf(input.upstreamModel)}:${action}`
      : fillPath(template, { model: modelOf(input.upstreamModel), action });
  if (action !== "streamGenerateContent" || /[?&]alt=sse(&|$)/.test(path)) return path;
  return `${path}${path.includes("?") ? "&" : "?"}alt=sse`;
}

function actionOf({ operation, stream, clientPath }: UpstreamPathInput): string {
  switch (operation) {
    case "count":
      return "countTokens";
    case "embed":
      // One text is only sent alone for a client that did so; see embed.ts.
      return clientPath.endsWith(":embedContent") ? "embedContent" : "batchEmbedContents";
    default:
      return stream ? "streamGenerateContent" : "generateContent";
  }
}

const COLLECTION = /^(models|tunedModels)\//;

function resourceOf(model: string): string {
  const collection = COLLECTION.exec(model)?.[0] ?? "models/";
  return collection + encodeURIComponent(modelOf(model));
}

function modelOf(model: string): string {
  return model.replace(COLLECTION, "");
}

/** The path says which model and whether it streams; a body that says it too must not contradict it. */
function memberEdits(input: MemberEditsInput): Readonly<Record<string, string | null>> {
  const model = input.upstreamModel.match(COLLECTION) === null ? `models/${input.upstreamModel}` : input.upstreamModel;
  const edits: Record<string, string | null> = { model: null, stream: null };
  for (const name of ["generateContentRequest", "generate_content_request"]) {
    const inner = asObject(input.body[name]);
    if (inner?.["model"] !== undefined) edits[name] = JSON.stringify({ ...inner, model });
  }
  const requests = asArray(input.body["requests"]);
  if (input.operation === "embed" && requests !== undefined) {
    edits["requests"] = JSON.stringify(requests.map((each) => withModel(each, model)));
  }
  return edits;
}

function withModel(value: unknown, model: string): unknown {
  const request: JsonObject | undefined = spelledObject(value);
  return request === undefined ? value : { ...request, model };
}
