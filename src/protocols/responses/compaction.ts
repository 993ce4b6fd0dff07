/**
 * Answers to a request that asked for a compaction, from a lane that wrote a summary in plain text: exactly one item of
 * type `compaction`, whose `encrypted_content` is our tag. Agents stop at any other number of them.
 */
import type { IrEvent } from "../../ir/event.ts";
import { failure } from "../../ir/failure.ts";
import type { IrBlock, IrTurn } from "../../ir/request.ts";
import type { IrResponse } from "../../ir/response.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { AnswerContext, Frame, StreamWriter } from "../protocol.ts";
import { readTaggedSummary, tagSummary } from "../shared/compaction.ts";
import { newId } from "./envelope.ts";
import { PROTOCOL } from "./wire.ts";

/** Types of items that stand for earlier history. */
export const COMPACTIONS: ReadonlySet<unknown> = new Set(["compaction", "compaction_summary", "context_compaction"]);

/** The summary of an item that one of our answers held; null: it is sealed, or no such item. */
export function readSummary(item: JsonObject): string | null {
  return COMPACTIONS.has(item["type"]) ? readTaggedSummary(asText(item["encrypted_content"]) ?? "") : null;
}

type OpaqueBlock = Extract<IrBlock, { type: "opaque" }>;

function compactionBlock(summary: string, context: AnswerContext): OpaqueBlock {
  const value = { type: "compaction", id: newId(context, "cmp"), encrypted_content: tagSummary(summary) };
  return { type: "opaque", sourceProtocol: PROTOCOL, name: "compaction", value, spelling: {} };
}

function isCompaction(block: { readonly type: string; readonly name?: string | null }): boolean {
  return block.type === "opaque" && COMPACTIONS.has(block.name);
}

/** The same answer where it was not asked to compact, or its vendor did. */
export function compacted(response: IrResponse, context: AnswerContext): IrResponse {
  const [choice] = response.choices;
  if (context.request?.compacts === undefined || choice === undefined || choice.blocks.some(isCompaction))
    return response;
  const summary = choice.blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
  if (summary.trim() === "") throw new WireError("The answer holds no summary.");
  return { ...response, choices: [{ ...choice, blocks: [compactionBlock(summary, context)] }] };
}

/** As the vendor answers at the path that compacts: the user's messages as they were, then the item. */
export function compactedWhole(response: JsonObject, { request }: AnswerContext): JsonObject {
  if (request?.compacts !== "whole") return response;
  const { id, created_at, output, usage } = response;
  const kept = request.turns.flatMap((turn) => (turn.role === "user" ? userItem(turn) : []));
  return { id, object: "response.compaction", created_at, output: [...kept, ...(asArray(output) ?? [])], usage };
}

/** Nothing for what was no message of the user's. */
function userItem({ spelling, blocks }: IrTurn): JsonObject[] {
  const item = asObject(spelling["item"]);
  if (item !== undefined) return item["role"] === "user" ? [{ type: "message", ...item }] : [];
  if (spelling["whole"] !== true) return [];
  const content = blocks.flatMap((block) => (block.type === "text" ? [{ type: "input_text", text: block.text }] : []));
  return [{ type: "message", role: "user", content }];
}

/** Characters of a summary; more is no summary. */
const SUMMARY_CHARS_MAX = 4_000_000;

/** Holds the words back until the answer is finished, and tells them as one item. */
export function compactedStream(writer: StreamWriter, context: AnswerContext): StreamWriter {
  if (context.request?.compacts === undefined) return writer;
  let summary = "";
  let isOwn = false;
  let isTold = false;
  const texts = new Set<number>();
  const tell = (): Frame[] => {
    isTold = true;
    const content = compactionBlock(summary, context);
    const start: IrEvent = { type: "block-start", block: 0, choice: 0, content };
    return [...writer.push(start), ...writer.push({ type: "block-end", block: 0 })];
  };
  const push = (event: IrEvent): Frame[] => {
    switch (event.type) {
      case "block-start":
        if (isCompaction(event.content)) {
          isOwn = true;
          return writer.push(event);
        }
        if (event.content.type === "text") texts.add(event.block);
        return [];
      case "text-delta":
        if (texts.has(event.block) && summary.length < SUMMARY_CHARS_MAX) summary += event.text;
        return [];
      case "arguments-delta":
      case "signature-delta":
      case "citation":
      case "opaque-delta":
      case "block-end":
        return [];
      case "finish":
        if (isOwn || isTold) return writer.push(event);
        if (summary.trim() !== "") return [...tell(), ...writer.push(event)];
        return writer.push({ type: "failed", failure: failure("malformed", "The answer holds no summary.") });
      default:
        return writer.push(event);
    }
  };
  return {
    push,
    get losses() {
      return writer.losses;
    },
  };
}
