/** A whole answer into the IR. Tolerant of what compatible vendors add, leave out and spell differently. */

import type { WithLosses } from "../../ir/loss.ts";
import { type IrBlock, type IrCitation, NO_EXTRAS, NO_SPELLING } from "../../ir/request.ts";
import type { IrChoice, IrResponse } from "../../ir/response.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { argumentsText } from "../shared/arguments.ts";
import {
  extrasOf,
  isBlank,
  isNothing,
  modelled,
  nonEmpty,
  readIndex,
  readSeconds,
  type Shape,
  withInner,
} from "../shared/members.ts";
import { shortHash } from "../shared/names/tools.ts";
import { isBlankAudio, isBlankCall, isBlankFunction } from "./blank-members.ts";
import { readFinish } from "./finish.ts";
import { readReasoning, repeatedDetails } from "./message-reader.ts";
import { restoreName } from "./names.ts";
import { readContent } from "./part-reader.ts";
import { REASONING_SHAPE } from "./reasoning-fields.ts";
import { readUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function readResponse(body: JsonObject): WithLosses<IrResponse> {
  const list = asArray(body["choices"]);
  if (list === undefined || list.length === 0) {
    throw new WireError("The provider's answer holds no choices, so it is no answer.");
  }
  const id = nonEmpty(body["id"]);
  const choices = list.map((choice, position) => readChoice(choice, position, id ?? ""));
  const value: IrResponse = {
    sourceProtocol: PROTOCOL,
    id,
    model: nonEmpty(body["model"]),
    createdMs: readSeconds(body["created"]),
    choices: choices.toSorted((a, b) => a.index - b.index),
    usage: readUsage(body),
    serviceTier: asText(body["service_tier"]) ?? null,
    // The usage object may hold counts and costs that only this vendor has; the fingerprint is a mere label.
    extras: extrasOf(body, RESPONSE_SHAPE),
    spelling: {
      usage: asObject(body["usage"]),
      system_fingerprint: nonEmpty(body["system_fingerprint"]) ?? undefined,
    },
  };
  return { value, losses: [] };
}

/** `{type: "url_citation", url_citation: {url, title, start_index, end_index}}`, or the flat form of some vendors. */
export function readAnnotation(value: unknown): IrCitation {
  const source = asObject(at(value, "url_citation")) ?? asObject(value) ?? {};
  const url = asText(source["url"]) ?? null;
  return {
    kind: url === null ? "other" : "url",
    url,
    title: asText(source["title"]) ?? null,
    citedText: asText(source["content"]) ?? null,
    start: asNumber(source["start_index"]) ?? null,
    end: asNumber(source["end_index"]) ?? null,
    sourceProtocol: PROTOCOL,
    raw: value,
  };
}

function readChoice(value: unknown, position: number, responseId: string): IrChoice {
  const path = `choices[${position}]`;
  const choice = asObject(value);
  const message = asObject(choice?.["message"]) ?? (isFiltered(choice) ? {} : undefined);
  if (choice === undefined || message === undefined) {
    throw new WireError(`The provider's answer has no message in ${path}.`);
  }
  const index = readIndex(choice["index"], position);
  const blocks = readMessage(message, `${path}.message`, `${responseId} ${index}`);
  const raw = asText(choice["finish_reason"]);
  const details = repeatedDetails(message);
  const held = {
    toolCalls: blocks.some(({ type }) => type === "tool-call"),
    refusal: blocks.some(({ type }) => type === "refusal"),
  };
  return {
    index,
    blocks,
    finish: raw === undefined ? null : readFinish(raw, held),
    logprobs: isBlank(choice["logprobs"]) ? null : choice["logprobs"],
    extras: withInner(extrasOf(choice, CHOICE_SHAPE), "message", extrasOf(message, MESSAGE_SHAPE)),
    spelling: isBlank(choice["logprobs"]) ? { ...details, logprobs: choice["logprobs"] } : details,
  };
}

/** Azure gives no message where its filter took the whole answer (learn.microsoft.com, content filtering). */
function isFiltered(choice: JsonObject | undefined): boolean {
  return choice !== undefined && isNothing(choice["message"]) && choice["finish_reason"] === "content_filter";
}

function readMessage(message: JsonObject, path: string, seed: string): IrBlock[] {
  const content = message["content"];
  const said = content === undefined || content === null ? [] : readContent(content, `${path}.content`).blocks;
  const blocks = [...readReasoning(message).filter(isSaid), ...cite(said, asArray(message["annotations"]) ?? [])];
  const refusal = nonEmpty(message["refusal"]);
  if (refusal !== null) blocks.push({ type: "refusal", text: refusal, extras: NO_EXTRAS, spelling: NO_SPELLING });
  const audio = asObject(message["audio"]);
  if (audio !== undefined && !isBlankAudio(audio)) blocks.push(readAudio(audio));
  for (const [index, call] of (asArray(message["tool_calls"]) ?? []).entries()) {
    if (!isBlankCall(call)) blocks.push(readCall(call, `${path}.tool_calls[${index}]`, `${seed} ${index}`));
  }
  const legacy = asObject(message["function_call"]);
  // Beside other content an empty call is nothing; alone it is all the vendor said.
  if (blocks.length === 0 && (asArray(message["tool_calls"]) ?? []).length > 0) {
    throw new WireError(`The provider's answer names no tool in ${path}.`);
  }
  if (legacy !== undefined && !isBlankFunction(legacy)) {
    // Spelling, so that the same client reads its own older form again.
    const call = readCall({ function: legacy }, `${path}.function_call`, seed);
    blocks.push({ ...call, extras: NO_EXTRAS, spelling: { legacy: true } });
  }
  return blocks;
}

/** An empty text of reasoning is no thought. */
function isSaid(block: IrBlock): boolean {
  return block.type !== "reasoning" || block.text !== "";
}

/** Annotations cite the answer's text as a whole. */
function cite(blocks: readonly IrBlock[], annotations: readonly unknown[]): IrBlock[] {
  const position = blocks.findLastIndex(({ type }) => type === "text");
  const citations = annotations.filter((each) => !isBlank(each)).map(readAnnotation);
  if (citations.length === 0 || position < 0) return [...blocks];
  return blocks.map((block, index) => (index === position && block.type === "text" ? { ...block, citations } : block));
}

function readAudio(audio: JsonObject): IrBlock {
  const source = { kind: "base64", mediaType: null, data: asText(audio["data"]) ?? "" } as const;
  const transcript = asText(audio["transcript"]) ?? null;
  return {
    type: "audio",
    source,
    format: null,
    transcript,
    extras: extrasOf(audio, AUDIO_SHAPE),
    spelling: NO_SPELLING,
  };
}

/** Some vendors give no id; the same answer always gets the same one. */
function readCall(value: unknown, path: string, seed: string): Extract<IrBlock, { type: "tool-call" }> {
  const call = asObject(value) ?? {};
  const custom = asObject(call["custom"]);
  const called = custom ?? asObject(call["function"]);
  const name = asText(called?.["name"]);
  if (called === undefined || name === undefined)
    throw new WireError(`The provider's answer names no tool in ${path}.`);
  return {
    type: "tool-call",
    id: nonEmpty(call["id"]) ?? `call_${shortHash(seed)}`,
    name: restoreName(name),
    kind: custom === undefined ? "function" : "custom",
    arguments: custom === undefined ? argumentsText(called["arguments"]) : (asText(custom["input"]) ?? ""),
    signature: null,
    cache: null,
    extras: extrasOf(call, TOOL_CALL_SHAPE),
    // DeepSeek numbers whole calls too.
    spelling: call["index"] === undefined ? NO_SPELLING : { index: call["index"] },
  };
}

export const RESPONSE_SHAPE = modelled(
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  "service_tier",
  "system_fingerprint",
);
const CHOICE_SHAPE = modelled("index", "message", "finish_reason", "logprobs", "usage");
const MESSAGE_SHAPE: Shape = {
  ...modelled("role", "content", "refusal", "annotations", "audio", "tool_calls", "function_call"),
  ...REASONING_SHAPE,
};
const AUDIO_SHAPE = modelled("data", "transcript");
const TOOL_CALL_SHAPE = modelled("id", "type", "function", "custom", "index");
