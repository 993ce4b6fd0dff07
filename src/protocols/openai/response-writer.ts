/** An answer from any lane as a Chat Completion: every member the vendor always sends, nothing it never would. */

import type { WithLosses } from "../../ir/loss.ts";
import type { IrBlock, IrCitation } from "../../ir/request.ts";
import type { IrChoice, IrResponse } from "../../ir/response.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { AnswerContext } from "../protocol.ts";
import { writeArgumentsText } from "../shared/arguments.ts";
import { customNames, unwrapInput } from "../shared/free-text-tool.ts";
import { createAnswerLosses, type Losses } from "../shared/losses.ts";
import { withoutUndefined } from "../shared/members.ts";
import { writeUrlCitation } from "../shared/openai/url-citation.ts";
import { writeExtras } from "../shared/write-context.ts";
import { isFinishApproximated, writeFinish } from "./finish.ts";
import { writeUsage } from "./usage.ts";
import {
  PROTOCOL,
  type WireAnnotation,
  type WireAnswer,
  type WireChoice,
  type WireResponse,
  type WireToolCall,
} from "./wire.ts";

/** Characters of base62 behind the prefix, as the vendor's newer ids have. */
export const ID_CHARS = 24;

export function writeResponse(response: IrResponse, context: AnswerContext): WithLosses<JsonObject> {
  const native = response.sourceProtocol === PROTOCOL;
  const losses = createAnswerLosses();
  const customs = customNames(context.request, PROTOCOL);
  const id = native ? response.id : null;
  const wire = {
    id: id ?? `chatcmpl-${context.newId(ID_CHARS)}`,
    object: "chat.completion",
    created: Math.floor((response.createdMs ?? context.createdMs) / 1000),
    model: response.model ?? context.upstreamModel,
  } satisfies Partial<WireResponse>;
  const written = writeUsage(response.usage, context, losses);
  const usage = (native ? asObject(response.spelling["usage"]) : undefined) ?? written ?? undefined;
  const value = withoutUndefined({
    ...wire,
    choices: response.choices.map((choice) => writeChoice(choice, { native, customs, losses })),
    usage,
    // Another protocol's tier is another vendor's word.
    service_tier: native ? (response.serviceTier ?? undefined) : undefined,
    system_fingerprint: native ? response.spelling["system_fingerprint"] : undefined,
    ...writeExtras(response.extras, "", { native, losses }),
  });
  return { value, losses: losses.list };
}

/** A citation as the vendor's annotation; null: it has no URL. `textEnd`: length of the text it stands behind. */
export function writeAnnotation(citation: IrCitation, textEnd: number): WireAnnotation | JsonObject | null {
  if (citation.sourceProtocol === PROTOCOL) return asObject(citation.raw) ?? null;
  const url_citation = writeUrlCitation(citation, textEnd);
  return url_citation === null ? null : ({ type: "url_citation", url_citation } satisfies WireAnnotation);
}

function writeChoice(choice: IrChoice, place: Omit<MessagePlace, "path">): JsonObject {
  const { native, losses } = place;
  const path = `choices[${choice.index}]`;
  const { message: inner, ...others } = writeExtras(choice.extras, path, { native, losses });
  const message = writeMessage(choice.blocks, { ...place, path: `${path}.message` });
  const details = native ? choice.spelling["reasoning_details"] : undefined;
  const logprobs = native ? (choice.logprobs ?? choice.spelling["logprobs"] ?? null) : null;
  if (!native && choice.logprobs !== null) losses.drop(`${path}.logprobs`, "in another protocol's form");
  const reason = choice.finish?.reason ?? null;
  const own = native ? (choice.finish?.raw ?? null) : null;
  if (own === null && reason !== null && isFinishApproximated(reason)) {
    losses.approximate(`${path}.finish_reason`, `${reason} has no word of its own`);
  }
  const word: WireChoice["finish_reason"] = writeFinish(reason, { toolCalls: message.tool_calls !== undefined });
  return {
    index: choice.index,
    message: { ...message, ...asObject(inner), ...withoutUndefined({ reasoning_details: details }) },
    logprobs,
    finish_reason: own ?? word,
    ...others,
  };
}

interface MessagePlace {
  readonly native: boolean;
  /** The client's tools with free text, which the lane may have called as functions. */
  readonly customs: ReadonlySet<string>;
  readonly path: string;
  readonly losses: Losses;
}

function writeMessage(blocks: readonly IrBlock[], place: MessagePlace): WireAnswer {
  const text: string[] = [];
  const reasoning: string[] = [];
  const refusal: string[] = [];
  const annotations: (WireAnnotation | JsonObject)[] = [];
  const calls: WireToolCall[] = [];
  const members: Record<string, unknown> = {};
  let textLength = 0;
  for (const block of blocks) {
    switch (block.type) {
      case "text":
        text.push(block.text);
        textLength += block.text.length;
        annotations.push(...writeCitations(block.citations, textLength, place));
        break;
      case "reasoning":
        // Read from the details, it goes back as the details.
        if (place.native && block.spelling["field"] === "reasoning_details") break;
        reasoning.push(block.text);
        dropSignatures(block, place);
        break;
      case "refusal":
        if (block.text !== "") refusal.push(block.text);
        break;
      case "tool-call":
        if (block.spelling["legacy"] === true)
          members["function_call"] = { name: block.name, arguments: block.arguments };
        else calls.push(writeCall(block, place));
        break;
      case "audio":
        if (place.native && block.source.kind === "base64") {
          members["audio"] = { ...block.extras, data: block.source.data, transcript: block.transcript ?? "" };
        } else lose(block, place);
        break;
      case "image":
      case "document":
      case "tool-result":
      case "opaque":
        lose(block, place);
        break;
      default:
        unreachable(block);
    }
  }
  const isTextOwed = calls.length === 0 && refusal.length === 0 && Object.keys(members).length === 0;
  return {
    role: "assistant",
    // An empty answer is an empty text; beside calls or a refusal the vendor writes null.
    content: textLength > 0 ? text.join("") : isTextOwed ? "" : null,
    refusal: refusal.length === 0 ? null : refusal.join(""),
    ...(reasoning.length === 0 || reasoning.every((each) => each === "")
      ? {}
      : { reasoning_content: reasoning.join("") }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...members,
  };
}

function writeCall(block: Extract<IrBlock, { type: "tool-call" }>, place: MessagePlace): WireToolCall {
  if (block.signature !== null) place.losses.drop(`${place.path}.tool_calls`, "a signature has no place here");
  const index = place.native && block.spelling["index"] !== undefined ? { index: block.spelling["index"] } : {};
  const others = { ...index, ...writeExtras(block.extras, `${place.path}.tool_calls`, place) };
  const { id, name } = block;
  const isWrapped = block.kind === "function" && place.customs.has(name);
  const input = isWrapped ? unwrapInput(block.arguments) : block.arguments;
  if (isWrapped || block.kind === "custom") return { id, type: "custom", custom: { name, input }, ...others };
  return { id, type: "function", function: { name, arguments: writeArgumentsText(block.arguments) }, ...others };
}

function writeCitations(
  citations: readonly IrCitation[],
  textEnd: number,
  place: MessagePlace,
): (WireAnnotation | JsonObject)[] {
  return citations.flatMap((citation) => {
    const annotation = writeAnnotation(citation, textEnd);
    if (annotation === null) place.losses.drop(`${place.path}.annotations`, "only URLs can be cited");
    return annotation === null ? [] : [annotation];
  });
}

function dropSignatures({ signature, encrypted }: Extract<IrBlock, { type: "reasoning" }>, place: MessagePlace): void {
  if (signature === null && encrypted === null) return;
  place.losses.drop(`${place.path}.reasoning_content`, "signed or encrypted reasoning has no place here");
}

function lose(block: IrBlock, { path, losses }: MessagePlace): void {
  const name = block.type === "opaque" ? block.name : block.type;
  losses.drop(`${path}.content`, `${name} has no place in an answer here`);
}
