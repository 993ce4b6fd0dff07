/**
 * Between a complete answer and a streamed one: a vendor may answer a streaming request with one body, or the other way
 * round, and the client still gets what it asked for.
 */
import type { AnswerEvent, IrEvent, ReadEvent, StartedBlock } from "./event.ts";
import type { Loss } from "./loss.ts";
import {
  type IrBlock,
  type IrCitation,
  NO_EXTRAS,
  NO_SPELLING,
  type ReasoningSignature,
  type ToolCallBlock,
} from "./request.ts";
import type { IrChoice, IrFinish, IrResponse } from "./response.ts";
import { mergeUsage, type Usage } from "./usage.ts";

/** The events a vendor would have streamed for this answer, `end` included. */
export function eventsOf(response: IrResponse): AnswerEvent[] {
  const events: AnswerEvent[] = [
    {
      type: "start",
      sourceProtocol: response.sourceProtocol,
      id: response.id,
      model: response.model,
      createdMs: response.createdMs,
      serviceTier: response.serviceTier,
      extras: response.extras,
      spelling: response.spelling,
    },
  ];
  let block = 0;
  for (const choice of response.choices) {
    for (const each of choice.blocks) {
      events.push(...eventsOfBlock(each, block, choice.index));
      block++;
    }
  }
  for (const choice of response.choices) {
    if (choice.finish !== null) events.push({ type: "finish", choice: choice.index, finish: choice.finish });
  }
  if (response.usage !== null) events.push({ type: "usage", usage: response.usage });
  events.push({ type: "end" });
  return events;
}

function eventsOfBlock(content: IrBlock, block: number, choice: number): AnswerEvent[] {
  const start = (started: StartedBlock): AnswerEvent => ({ type: "block-start", block, choice, content: started });
  const text = (value: string): AnswerEvent => ({ type: "text-delta", block, text: value, logprobs: null });
  const end: AnswerEvent = { type: "block-end", block };
  switch (content.type) {
    case "text":
      return [
        start({ type: "text" }),
        text(content.text),
        ...content.citations.map((citation): AnswerEvent => ({ type: "citation", block, citation })),
        end,
      ];
    case "refusal":
      return [start({ type: "refusal" }), text(content.text), end];
    case "reasoning": {
      const signature: AnswerEvent[] =
        content.signature === null ? [] : [{ type: "signature-delta", block, signature: content.signature }];
      const started = start({ type: "reasoning", encrypted: content.encrypted });
      return content.text === "" ? [started, ...signature, end] : [started, text(content.text), ...signature, end];
    }
    case "tool-call":
      return [
        start({ type: "tool-call", id: content.id, name: content.name, kind: content.kind }),
        { type: "arguments-delta", block, text: saysNull(content) ? "" : content.arguments },
        end,
      ];
    case "opaque":
      return [start(content), end];
    case "image":
    case "document":
    case "audio":
    case "tool-result":
      return [
        { type: "loss", loss: { field: `answer.${content.type}`, how: "dropped", detail: "cannot be streamed" } },
      ];
  }
}

/** Blocks of one answer; an upstream that opens more is refused. */
export const ANSWER_BLOCKS_MAX = 4096;

interface Accumulator {
  push(event: IrEvent | ReadEvent): void;
  /** Of the answer so far. */
  response(): IrResponse;
  /** Set by a `failed` event. */
  failed(): boolean;
  losses(): readonly Loss[];
}

interface OpenBlock {
  readonly choice: number;
  readonly content: StartedBlock;
  readonly pieces: string[];
  readonly citations: IrCitation[];
  signature: ReasoningSignature | null;
}

/** Collects a streamed answer into a complete one. */
export function createAccumulator(): Accumulator {
  let start: Extract<AnswerEvent, { type: "start" }> | null = null;
  let usage: Usage | null = null;
  let failed = false;
  const blocks = new Map<number, OpenBlock>();
  const finishes = new Map<number, IrFinish>();
  const losses: Loss[] = [];
  return {
    push(event) {
      switch (event.type) {
        case "start":
          start = event;
          return;
        case "block-start":
          if (blocks.size >= ANSWER_BLOCKS_MAX)
            losses.push({ field: "answer", how: "dropped", detail: "too many parts" });
          else
            blocks.set(event.block, {
              choice: event.choice,
              content: event.content,
              pieces: [],
              citations: [],
              signature: null,
            });
          return;
        case "text-delta":
        case "arguments-delta":
          blocks.get(event.block)?.pieces.push(event.text);
          return;
        case "signature-delta": {
          const open = blocks.get(event.block);
          if (open !== undefined) open.signature = joinSignatures(open.signature, event.signature);
          return;
        }
        case "citation":
          blocks.get(event.block)?.citations.push(event.citation);
          return;
        case "opaque-delta":
          losses.push({ field: "answer", how: "dropped", detail: "a part only its own protocol streams" });
          return;
        case "usage":
          usage = mergeUsage(usage, event.usage);
          return;
        case "finish":
          finishes.set(event.choice, event.finish);
          return;
        case "loss":
          losses.push(event.loss);
          return;
        case "failed":
          failed = true;
          return;
        case "block-end":
        case "keep-alive":
        case "end":
          return;
      }
    },
    response: () => ({
      sourceProtocol: start?.sourceProtocol ?? "",
      id: start?.id ?? null,
      model: start?.model ?? null,
      createdMs: start?.createdMs ?? null,
      choices: choicesOf(blocks, finishes),
      usage,
      serviceTier: start?.serviceTier ?? null,
      extras: start?.extras ?? NO_EXTRAS,
      spelling: start?.spelling ?? NO_SPELLING,
    }),
    failed: () => failed,
    losses: () => losses,
  };
}

function joinSignatures(before: ReasoningSignature | null, piece: ReasoningSignature): ReasoningSignature {
  return before === null ? piece : { issuer: piece.issuer, value: before.value + piece.value };
}

function choicesOf(blocks: ReadonlyMap<number, OpenBlock>, finishes: ReadonlyMap<number, IrFinish>): IrChoice[] {
  const indexes = new Set([0, ...finishes.keys(), ...[...blocks.values()].map((open) => open.choice)]);
  return [...indexes]
    .toSorted((left, right) => left - right)
    .map((index) => ({
      index,
      blocks: [...blocks.values()].filter((open) => open.choice === index).map(closeBlock),
      finish: finishes.get(index) ?? null,
      logprobs: null,
      extras: NO_EXTRAS,
      spelling: NO_SPELLING,
    }));
}

function closeBlock(open: OpenBlock): IrBlock {
  const text = open.pieces.join("");
  const { content } = open;
  switch (content.type) {
    case "text":
      return { type: "text", text, citations: open.citations, cache: null, extras: NO_EXTRAS, spelling: NO_SPELLING };
    case "refusal":
      return { type: "refusal", text, extras: NO_EXTRAS, spelling: NO_SPELLING };
    case "reasoning":
      return {
        type: "reasoning",
        text,
        signature: open.signature,
        encrypted: content.encrypted,
        extras: NO_EXTRAS,
        spelling: NO_SPELLING,
      };
    case "tool-call":
      return {
        ...content,
        arguments: text,
        signature: open.signature,
        cache: null,
        extras: NO_EXTRAS,
        spelling: NO_SPELLING,
      };
    case "opaque":
      return content;
  }
}

/** What some vendors write for a tool without parameters; a stream of events leaves it out, as their streams do. */
function saysNull({ kind, arguments: text }: ToolCallBlock): boolean {
  return kind === "function" && text.length <= NULL_CHARS_MAX && text.trim() === "null";
}

/** The word and a few blanks. */
const NULL_CHARS_MAX = 256;
