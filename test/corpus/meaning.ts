/**
 * What a request or an answer means, however it is spelled: what must survive a translation, or be declared lost. Not
 * meaning are: empty texts, the grouping of turns and of neighbouring texts, the letters of call ids (only which result
 * belongs to which call), how a tool's name is escaped for a smaller alphabet, defaults that are spelled out, the label of
 * a schema, and whether a refusal is called one or a filtered answer.
 */
import type { IrBlock, IrOutputFormat, IrReasoningConfig, IrRequest } from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { inputTokens } from "../../src/ir/usage.ts";
import { decodeUtf8, encodeUtf8 } from "../../src/std/bytes.ts";
import { asObject, type JsonObject, parseExact } from "../../src/std/json.ts";

/** Feature -> what it says, in comparable form; features that say nothing are left out. */
export type Meaning = Readonly<Record<string, unknown>>;

export function meaningOfRequest(request: IrRequest): Meaning {
  const { sampling, reasoning, outputFormat } = request;
  const ids = new Map<string, string>();
  return withoutNothing({
    model: request.model,
    stream: request.stream,
    instructions: request.instructions.flatMap((each) => each.blocks.flatMap(instructionText)).join("\n"),
    conversation: mergeTexts(
      request.turns.flatMap((turn) =>
        turn.blocks.flatMap((block) => told({ who: whoOf(turn.role, block) }, block, ids)),
      ),
      "\n",
    ),
    speakers: request.turns.flatMap((turn) => turn.name ?? []),
    tools: request.tools.map((each) => {
      switch (each.type) {
        case "function":
          // No parameters and an object without properties are the same to a model.
          return {
            name: restored(each.name),
            description: each.description,
            parameters: each.parameters ?? NO_PARAMETERS,
            strict: each.strict,
          };
        case "custom":
          return { custom: restored(each.name), description: each.description, format: each.format };
        case "opaque":
          return { foreign: each.name };
        default:
          return each satisfies never;
      }
    }),
    toolChoice: request.toolChoice?.kind === "auto" ? null : request.toolChoice,
    parallelToolCalls: request.parallelToolCalls === true ? null : request.parallelToolCalls,
    maxOutputTokens: request.maxOutputTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    seed: sampling.seed,
    presencePenalty: sampling.presencePenalty,
    frequencyPenalty: sampling.frequencyPenalty,
    stop: request.stop,
    reasoning: reasoning === null ? null : reasoningMeaning(reasoning),
    outputFormat: outputFormat === null || outputFormat.kind === "text" ? null : formatMeaning(outputFormat),
    choices: request.choices === 1 ? null : request.choices,
    logprobs: request.logprobs,
    user: request.user,
    metadata: request.metadata,
    serviceTier: request.serviceTier === "auto" ? null : request.serviceTier,
    cacheMarks: cacheMarks(request),
  });
}

export function meaningOfResponse(response: IrResponse): Meaning {
  const { usage } = response;
  return withoutNothing({
    model: response.model,
    content: contentOf(response),
    finishes: response.choices.map(({ index, finish }) => [
      index,
      finish?.reason === "content-filter" ? "refusal" : finish?.reason,
    ]),
    stopSequences: response.choices.flatMap(({ finish }) => finish?.stopSequence ?? []),
    inputTokens: usage === null ? null : inputTokens(usage),
    cacheReadTokens: usage?.cacheReadTokens === 0 ? null : usage?.cacheReadTokens,
    outputTokens: usage?.outputTokens,
    reasoningTokens: usage?.reasoningTokens === 0 ? null : usage?.reasoningTokens,
  });
}

/** What a broken answer had said; nothing else of it needs to arrive. */
export function meaningOfBroken(response: IrResponse): Meaning {
  return { content: contentOf(response) };
}

function contentOf(response: IrResponse): unknown {
  const ids = new Map<string, string>();
  return response.choices.map((choice) => [
    choice.index,
    mergeTexts(
      choice.blocks.flatMap((block) => told({ who: "assistant" }, block, ids)),
      "",
    ),
  ]);
}

/** Features that say different things. */
export function differences(left: Meaning, right: Meaning): string[] {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].filter((name) => textOf(left[name]) !== textOf(right[name])).toSorted();
}

/** Sorted by member, so that the order in which something was written does not matter. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each) && !JSON.isRawJSON(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** Through bytes and back, as a body travels. */
export function overTheWire(body: JsonObject): JsonObject {
  const read = asObject(parseExact(decodeUtf8(encodeUtf8(JSON.stringify(body)))));
  if (read === undefined) throw new Error("a body was written that is no object");
  return read;
}

const NO_PARAMETERS = { type: "object", properties: {} };

function whoOf(role: string, block: IrBlock): string {
  if (block.type === "tool-result") return "tool";
  return role === "developer" ? "system" : role;
}

function instructionText(block: IrBlock): string[] {
  return block.type === "text" && block.text !== "" ? [block.text] : [];
}

interface Part {
  readonly who: string;
  readonly text?: string;
  readonly [what: string]: unknown;
}

function told(who: { readonly who: string }, block: IrBlock, ids: Map<string, string>): Part[] {
  const meaning = blockMeaning(block, ids);
  return meaning === null ? [] : [{ ...who, ...meaning }];
}

/** Neighbouring texts of one speaker are one text. */
function mergeTexts(parts: readonly Part[], between: string): Part[] {
  const merged: Part[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (
      last?.text !== undefined &&
      part.text !== undefined &&
      last.who === part.who &&
      isPlain(last) &&
      isPlain(part)
    ) {
      // What a model said in pieces is one text; what others said in pieces are lines.
      merged[merged.length - 1] = {
        ...last,
        text: `${last.text}${part.who === "assistant" ? "" : between}${part.text}`,
      };
    } else merged.push(part);
  }
  return merged;
}

function isPlain(part: Part): boolean {
  return Object.keys(part).length === 2;
}

function blockMeaning(block: IrBlock, ids: Map<string, string>): Record<string, unknown> | null {
  const ordinal = (id: string): string => {
    const known = ids.get(id) ?? `call ${ids.size}`;
    ids.set(id, known);
    return known;
  };
  switch (block.type) {
    case "text":
      return block.text === ""
        ? null
        : withoutNothing({ text: block.text, citations: block.citations.map(({ url, title }) => ({ url, title })) });
    case "refusal":
      return { text: block.text };
    case "image":
      return { image: block.source, detail: block.detail };
    case "document":
      // Some vendors demand a file name, so one is made up where nobody gave any.
      return {
        document: block.source,
        title: block.title === "document.pdf" ? null : block.title,
        context: block.context,
        cited: block.citations,
      };
    case "audio":
      return { audio: block.source, format: block.format };
    case "tool-call":
      return {
        call: restored(block.name),
        id: ordinal(block.id),
        kind: block.kind,
        arguments: argumentsMeaning(block.arguments),
      };
    case "tool-result":
      return {
        resultOf: ordinal(block.callId),
        isError: block.isError === true,
        content: mergeTexts(
          block.content.flatMap((each) => told({ who: "tool" }, each, ids)),
          "\n",
        ),
      };
    case "reasoning":
      // A stream tells a seal before or behind the text; which of the two it was says nothing to whoever carries it.
      return withoutNothing({ reasoning: block.text, sealed: block.encrypted ?? block.signature });
    case "opaque":
      return { foreign: block.name };
    default:
      return block satisfies never;
  }
}

/** Thinking that is switched on without a measure is as much as the model likes. */
function reasoningMeaning(config: IrReasoningConfig): Meaning {
  const isMeasured = config.budgetTokens !== null || config.effort !== null;
  return withoutNothing({ ...config, mode: config.mode === "enabled" && !isMeasured ? "adaptive" : config.mode });
}

/** A name escaped for a vendor whose alphabet is smaller, as the client gets it back from a call. */
function restored(name: string): string {
  if (!name.startsWith("x_u_")) return name;
  return name.slice(4).replace(/_u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function formatMeaning(format: IrOutputFormat): unknown {
  return format.kind === "json-schema" ? { schema: format.schema, description: format.description } : format.kind;
}

/** No arguments are an empty object; broken ones are their own text. */
function argumentsMeaning(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}

function cacheMarks(request: IrRequest): string[] {
  const blocks = [...request.instructions, ...request.turns].flatMap((each) => each.blocks);
  const marks = [...blocks, ...request.tools].flatMap((each) =>
    "cache" in each && each.cache !== null ? [each.cache.lifetime ?? "default"] : [],
  );
  return marks;
}

function withoutNothing(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, each]) => each !== null && each !== undefined && !(Array.isArray(each) && each.length === 0),
    ),
  );
}
