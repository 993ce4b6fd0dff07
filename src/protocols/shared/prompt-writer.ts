/**
 * Instructions and conversation for vendors that take a system prompt of text beside turns of the user and the model, and
 * at least one turn of the user.
 */
import type { IrBlock, IrInstruction } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteContext } from "./write-context.ts";

type WriteBlock = (block: IrBlock, path: string) => readonly JsonObject[];

/** `ownPath`: where they stand in the writer's own protocol. */
export function writeInstructions(
  instructions: readonly IrInstruction[],
  ownPath: string,
  context: WriteContext,
  write: WriteBlock,
): JsonObject[] {
  return instructions.flatMap((instruction, index) => {
    if (context.native) return writeInstructionBlocks(instruction.blocks, ownPath, context, write);
    context.losses.dropExtras(`system[${index}]`, instruction.extras);
    return writeInstructionBlocks(instruction.blocks, `system[${index}].content`, context, write);
  });
}

/** Instructions are text; a client of the writer's own protocol may have more in them, which the vendor judges. */
export function writeInstructionBlocks(
  blocks: readonly IrBlock[],
  path: string,
  context: WriteContext,
  write: WriteBlock,
): JsonObject[] {
  return blocks.flatMap((block, index) => {
    const place = `${path}[${index}]`;
    if (context.native || block.type === "text" || block.type === "opaque") return write(block, place);
    context.losses.drop(place, "instructions are text");
    return [];
  });
}

export interface WrittenConversation {
  readonly turns: readonly JsonObject[];
  /** Instructions found between turns, for the end of the system prompt. */
  readonly promoted: readonly JsonObject[];
}

export interface WrittenPrompt {
  readonly system: readonly JsonObject[];
  readonly turns: readonly JsonObject[];
}

/** `added`: what the gateway itself tells the model. Without a turn of the user the last instruction becomes one. */
export function composePrompt(
  parts: {
    readonly instructions: readonly JsonObject[];
    readonly conversation: WrittenConversation;
    readonly added: JsonObject | null;
  },
  context: WriteContext,
  userTurn: (content: readonly JsonObject[]) => JsonObject,
): WrittenPrompt {
  const { turns, promoted } = parts.conversation;
  const asked = [...parts.instructions, ...promoted];
  const system = [...asked, ...(parts.added === null ? [] : [parts.added])];
  // What the gateway adds is no conversation: a request that says nothing stays one for the vendor to refuse.
  if (turns.length > 0 || asked.length === 0 || context.native) return { system, turns };
  context.losses.approximate("messages", "a conversation needs a user turn, so the last instruction becomes one");
  return { system: system.slice(0, -1), turns: [userTurn(system.slice(-1))] };
}
