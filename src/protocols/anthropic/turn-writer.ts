/**
 * The conversation of a request. A client of this protocol gets its own turns back. Other protocols order things
 * otherwise, so their turns are normalised: the vendor refuses anything else about tools.
 */
import type { IrBlock, IrInstruction, IrRequest, IrTurn } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { alternateTurns } from "../shared/alternating-turns.ts";
import { type WrittenConversation, writeInstructionBlocks, writeInstructions } from "../shared/prompt-writer.ts";
import { writeBlock, writeBlocks } from "./block-writer.ts";
import { legalCallId } from "./names.ts";
import { API } from "./wire.ts";
import type { MessagesContext } from "./write-context.ts";

export function writeConversation(request: IrRequest, context: MessagesContext): WrittenConversation {
  if (!context.native) return normaliseTurns(request, context);
  const messages = request.turns
    .map((turn, index) => writeOwnTurn(turn, `messages[${index}]`, context))
    .filter((message) => message !== null);
  return { turns: messages, promoted: [] };
}

/** A bare string where the client wrote one, else a list of blocks. */
export function writeSystem(instructions: readonly IrInstruction[], context: MessagesContext): string | JsonObject[] {
  const [first] = instructions;
  const [block] = first?.blocks ?? [];
  if (context.native && instructions.length === 1 && first?.wasString === true && block?.type === "text")
    return block.text;
  return writeInstructions(instructions, "system", context, blockWriter(context));
}

const blockWriter =
  (context: MessagesContext) =>
  (block: IrBlock, path: string): readonly JsonObject[] => {
    const written = writeBlock(block, path, context);
    return written === null ? [] : [written];
  };

/** Null when nothing is left of a turn that held something: the vendor refuses empty content. */
function writeOwnTurn(turn: IrTurn, path: string, context: MessagesContext): JsonObject | null {
  if (turn.role === "system" && !context.dialect.systemTurns) {
    context.losses.approximate(path, "the model takes no instructions between turns, so the user says them");
    return writeOwnTurn({ ...turn, role: "user" }, path, context);
  }
  const [first] = turn.blocks;
  if (turn.wasString && turn.blocks.length === 1 && first?.type === "text") {
    return { role: turn.role, content: first.text, ...turn.extras };
  }
  const content = writeBlocks(turn.blocks, `${path}.content`, context);
  if (content.length === 0 && turn.blocks.length > 0) return null;
  if (content.length === 0 && turn.role === "system") return { role: turn.role, ...turn.extras };
  return { role: turn.role, content, ...turn.extras };
}

function normaliseTurns(request: IrRequest, context: MessagesContext): WrittenConversation {
  const promoted: JsonObject[] = [];
  const write = blockWriter(context);
  // Instructions were messages of their own on the client's wire.
  const turns = alternateTurns<JsonObject>(request.turns, request.instructions.length, {
    write(block, path, id) {
      const written = writeBlock(block, path, context);
      if (written === null) return [];
      if (block.type === "tool-call") return [{ ...written, id }];
      return [block.type === "tool-result" ? { ...written, tool_use_id: id } : written];
    },
    words: (text) => ({ type: "text", text }),
    noNames: `participants have no names in ${API}`,
    promote: (turn, path) => promoted.push(...writeInstructionBlocks(turn.blocks, `${path}.content`, context, write)),
    legalId: legalCallId,
    isMisplaced: (role, block) =>
      role === "user" ? block.type === "tool-call" || block.type === "reasoning" : block.type === "image",
    losses: context.losses,
  });
  return { turns: turns.map(({ role, content }) => ({ role, content })), promoted };
}
