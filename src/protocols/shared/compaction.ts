/**
 * Compacted history. A summary in plain words is text to every protocol. A lane whose protocol has no word for "compact
 * this conversation" is asked for such a summary. The client carries it in a tag of ours, which every lane can open.
 */

import { type IrBlock, type IrRequest, type IrTurn, NO_EXTRAS, NO_SPELLING, plainText } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { without } from "./members.ts";

const TAG = "rm:c:";

export function tagSummary(summary: string): string {
  return `${TAG}${summary}`;
}

/** Null for a value without the tag: only its issuer can open it. */
export function readTaggedSummary(value: string): string | null {
  return value.startsWith(TAG) ? value.slice(TAG.length) : null;
}

/** How a summary is told to a model that has not seen what it stands for. */
export function summaryText(summary: string): string {
  return `Summary of the conversation so far:\n\n${summary}`;
}

/** What only its own protocol has, but says in plain words as well, becomes those words. */
export function withReadableText(request: IrRequest): IrRequest {
  if (!request.turns.some(({ blocks }) => blocks.some(isReadable))) return request;
  const told = (block: IrBlock): IrBlock => (isReadable(block) ? plainText(block.readable) : block);
  return { ...request, turns: request.turns.map((turn) => ({ ...turn, blocks: turn.blocks.map(told) })) };
}

function isReadable(block: IrBlock): block is Extract<IrBlock, { type: "opaque" }> & { readonly readable: string } {
  return block.type === "opaque" && block.readable !== undefined;
}

/** A request to compact the conversation, as one for a summary in plain text. */
export function asSummaryRequest(request: IrRequest): IrRequest {
  if (request.compacts === undefined) return request;
  const turns = request.turns.flatMap((turn): IrTurn[] => {
    const blocks = turn.blocks.filter((block) => !(block.type === "opaque" && block.name === COMPACTION_TRIGGER));
    return blocks.length === 0 ? [] : [{ ...turn, blocks }];
  });
  const asked: IrTurn = {
    role: "user",
    blocks: [plainText(INSTRUCTION)],
    wasString: true,
    name: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
  const spelling = { ...request.spelling, body: ownMembers(request) };
  // Tools that stand in the conversation leave a place without words.
  const instructions = request.instructions.filter(({ blocks }) => blocks.length > 0);
  const rest = { tools: [], toolChoice: null, parallelToolCalls: null, outputFormat: null, spelling };
  return { ...request, instructions, turns: [...turns, asked], ...rest };
}

/** Members as the client spelled them, for a lane of its own protocol: no tools, no form, and nothing kept in a store. */
function ownMembers({ compacts, spelling }: IrRequest): JsonObject {
  const rest = without(asObject(spelling["body"]) ?? {}, ...NOT_FOR_SUMMARIES);
  return compacts === "whole" ? { ...rest, store: false } : rest;
}

const NOT_FOR_SUMMARIES = ["tools", "tool_choice", "parallel_tool_calls", "text"];

/** Type of the item by which a client asks for it. */
export const COMPACTION_TRIGGER = "compaction_trigger";

const INSTRUCTION = [
  "The conversation above is about to be replaced by a summary. Write that summary now, in plain text, and call no tool.",
  "The model that continues sees nothing else, so keep what the work needs: the user's goals and constraints in their own words,",
  "decisions and their reasons, what was done and what came of it, names of files, functions, commands and values,",
  "open problems, and the next steps. Leave out greetings and repetition.",
].join(" ");
