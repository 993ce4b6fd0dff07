/**
 * The Response object around an answer, with every member the vendor's own clients expect. Most of it repeats what the
 * client asked for; what it did not say is the vendor's default, or null where only the vendor would know.
 */
import { UNKNOWN_SERVER } from "../../ir/dialect.ts";
import type { IrRequest } from "../../ir/request.ts";
import { asObject, at, type JsonObject } from "../../std/json.ts";
import type { AnswerContext } from "../protocol.ts";
import { createLosses } from "../shared/losses.ts";
import { writeTools } from "./tool-writer.ts";
import { PROTOCOL, type WireResponse } from "./wire.ts";

/** What changes between the first event of a stream and the last. */
export interface ResponseProgress {
  readonly status: NonNullable<WireResponse["status"]>;
  readonly output: readonly JsonObject[];
  readonly usage: WireResponse["usage"] | null;
  readonly error: WireResponse["error"];
  /** Why it is incomplete; null: it is not, or the reason is not said. */
  readonly incomplete: string | null;
}

interface ResponseIdentity {
  readonly id: string;
  readonly createdMs: number;
  readonly model: string;
  /** null: of another vendor, or not said. */
  readonly serviceTier: string | null;
}

/** Characters of base62 behind a prefix, about as many as the vendor's own ids have. */
const ID_CHARS = 48;

export function newId(context: AnswerContext, prefix: string): string {
  return `${prefix}_${context.newId(ID_CHARS)}`;
}

/** Answers the whole object for each step of one answer. */
export function createEnvelope(
  context: AnswerContext,
  identity: ResponseIdentity,
): (progress: ResponseProgress) => JsonObject {
  const echo = echoOf(context.request);
  return ({ status, output, usage, error, incomplete }) => {
    const response = {
      id: identity.id,
      object: "response" as const,
      created_at: Math.floor(identity.createdMs / 1000),
      status,
      error,
      // A reason of a compatible vendor is handed on as it is.
      incomplete_details: status === "incomplete" ? { reason: incomplete ?? "max_output_tokens" } : null,
      ...echo,
      model: identity.model,
      output,
      service_tier: identity.serviceTier,
      usage,
    };
    return response satisfies CheckedResponse;
  };
}

/** Usage is null until it is known, and reasons are open; the SDK has neither. */
type CheckedResponse = Omit<WireResponse, "usage" | "incomplete_details"> & {
  usage: WireResponse["usage"] | null;
  incomplete_details: { reason: string } | null;
};

/** Members that repeat the request. */
function echoOf(request: IrRequest | null) {
  const own = request?.sourceProtocol === PROTOCOL ? request : null;
  const body = (own === null ? undefined : asObject(own.spelling["body"])) ?? {};
  const { tools, tool_choice } =
    own === null
      ? {}
      : writeTools(own, {
          protocol: PROTOCOL,
          from: PROTOCOL,
          native: true,

          dialect: UNKNOWN_SERVER,
          losses: createLosses(),
        });
  return {
    background: false,
    instructions: textOr(body["instructions"], null),
    max_output_tokens: own?.maxOutputTokens ?? null,
    max_tool_calls: body["max_tool_calls"] ?? null,
    metadata: own?.metadata === null || own === null ? {} : { ...own.metadata },
    parallel_tool_calls: own?.parallelToolCalls ?? true,
    // The gateway stores no answers, so none continues another.
    previous_response_id: null,
    prompt_cache_key: textOr(body["prompt_cache_key"], null),
    prompt_cache_retention: null,
    reasoning: { effort: at(body["reasoning"], "effort") ?? null, summary: at(body["reasoning"], "summary") ?? null },
    safety_identifier: textOr(body["safety_identifier"], null),
    store: false,
    temperature: own?.sampling.temperature ?? null,
    text: { format: at(body["text"], "format") ?? { type: "text" }, ...verbosity(body["text"]) },
    tool_choice: tool_choice ?? "auto",
    tools: tools ?? [],
    top_logprobs: own?.logprobs?.top ?? 0,
    top_p: own?.sampling.topP ?? null,
    truncation: "disabled",
    user: textOr(body["user"], null),
  } as const;
}

function verbosity(text: unknown): JsonObject {
  const word = asObject(text)?.["verbosity"];
  return word === undefined || word === null ? {} : { verbosity: word };
}

function textOr(value: unknown, otherwise: null): string | null {
  return typeof value === "string" ? value : otherwise;
}
