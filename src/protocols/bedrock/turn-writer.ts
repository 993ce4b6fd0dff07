/**
 * The conversation of a request. A client of this protocol gets its own turns back; those of others are put into the order
 * the service demands: user first, then in turn, words beside documents.
 */

import type { IrBlock, IrInstruction, IrRequest, IrTurn } from "../../ir/request.ts";
import { asArray, type JsonObject } from "../../std/json.ts";
import { alternateTurns, type WrittenTurn } from "../shared/alternating-turns.ts";
import { thinkingWay } from "../shared/content-blocks/thinking.ts";
import { withUserEnds } from "../shared/content-blocks/user-ends.ts";
import { type WrittenConversation, writeInstructionBlocks, writeInstructions } from "../shared/prompt-writer.ts";
import { writeBlock, writeBlocks } from "./block-writer.ts";
import { legalCallId } from "./names.ts";
import { knowsThinking } from "./thinking-writer.ts";
import { API } from "./wire.ts";
import type { ConverseContext } from "./write-context.ts";

export function writeConversation(request: IrRequest, context: ConverseContext): WrittenConversation {
  if (!context.native) return alternate(request, context);
  const messages: JsonObject[] = [];
  let isGap = false;
  for (const [index, turn] of request.turns.entries()) {
    const message = writeOwnTurn(turn, `messages[${index}]`, context);
    const before = messages.at(-1);
    if (message === null) isGap = true;
    // A turn of which nothing is left parted two of the other role, which the service refuses side by side.
    else if (isGap && before !== undefined && before["role"] === message["role"]) {
      const content = [before, message].flatMap((each) => asArray(each["content"]) ?? []);
      messages.splice(-1, 1, { ...before, ...message, content });
    } else messages.push(message);
    isGap &&= message === null;
  }
  return { turns: messages, promoted: [] };
}

export function writeSystem(instructions: readonly IrInstruction[], context: ConverseContext): JsonObject[] {
  return writeInstructions(instructions, "system", context, (block, path) => writeBlock(block, path, context));
}

/** Null when nothing is left of a turn that held something: the vendor refuses empty content. */
function writeOwnTurn(turn: IrTurn, path: string, context: ConverseContext): JsonObject | null {
  const content = writeBlocks(turn.blocks, `${path}.content`, context);
  return content.length === 0 && turn.blocks.length > 0 ? null : { role: turn.role, content, ...turn.extras };
}

function alternate(request: IrRequest, context: ConverseContext): WrittenConversation {
  const promoted: JsonObject[] = [];
  const write = (block: IrBlock, path: string) => writeBlock(block, path, context);
  const turns = alternateTurns<JsonObject>(request.turns, request.instructions.length, {
    write: (block, path, id) => writeBlock(block, path, context, id === "" ? null : id),
    words: (text) => ({ text }),
    noNames: `participants have no names in ${API}`,
    promote: (turn, path) => promoted.push(...writeInstructionBlocks(turn.blocks, `${path}.content`, context, write)),
    legalId: legalCallId,
    isMisplaced: (role, block) =>
      role === "user" ? block.type === "tool-call" || block.type === "reasoning" : MEDIA.has(block.type),
    losses: context.losses,
  });
  const { dialect } = context;
  const takesPrefill = !knowsThinking(dialect) || (thinkingWay(dialect) !== "adaptive" && request.reasoning === null);
  const userTurn = (words: string): JsonObject => ({ role: "user", content: [{ text: words }] });
  const written = turns.map((turn) => withWords(turn, context));
  return {
    turns: withUserEnds(written, { userBegins: true, takesPrefill, userTurn, losses: context.losses }),
    promoted,
  };
}

const MEDIA: ReadonlySet<IrBlock["type"]> = new Set(["image", "document", "audio"]);

/** The service refuses a turn of documents without a word. */
function withWords({ role, content }: WrittenTurn<JsonObject>, context: ConverseContext): JsonObject {
  const silent = content.some((block) => "document" in block) && !content.some((block) => "text" in block);
  if (!silent) return { role, content };
  context.losses.approximate("messages", "documents need words beside them, so a few are added");
  return { role, content: [...content, { text: "See the document." }] };
}
