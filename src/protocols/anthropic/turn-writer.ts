/**
 * The conversation of a request. A client of this protocol gets its own turns back. Other protocols order things
 * otherwise, so their turns are normalised: roles become user and assistant, neighbours of one role become one turn, the
 * results of parallel calls stand together at the start of the turn after the calls, and instructions from the middle
 * move to the system prompt. The vendor refuses anything else about tools.
 */
import type { IrBlock, IrInstruction, IrRequest, IrTurn } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { writeBlock, writeBlocks } from "./block-writer.ts";
import { legalToolId } from "./tool-ids.ts";
import type { WriteContext } from "./write-context.ts";

export interface WrittenConversation {
  readonly messages: readonly JsonObject[];
  /** Instructions found between turns, for the end of the system prompt. */
  readonly promoted: readonly JsonObject[];
}

export function writeConversation(request: IrRequest, context: WriteContext): WrittenConversation {
  if (!context.native) return normaliseTurns(request, context);
  const messages = request.turns
    .map((turn, index) => writeOwnTurn(turn, `messages[${index}]`, context))
    .filter((message) => message !== null);
  return { messages, promoted: [] };
}

/** A bare string where the client wrote one, else a list of blocks. */
export function writeSystem(instructions: readonly IrInstruction[], context: WriteContext): string | JsonObject[] {
  const [first] = instructions;
  const [block] = first?.blocks ?? [];
  if (context.native && instructions.length === 1 && first?.bare === true && block?.type === "text") return block.text;
  return instructions.flatMap((instruction, index) => {
    const path = context.native ? "system" : `messages[${index}].content`;
    if (!context.native) context.losses.dropExtras(`messages[${index}]`, instruction.extras);
    return writeInstructionBlocks(instruction.blocks, path, context);
  });
}

/** The system prompt is text; a client of this protocol may have more in it, which the vendor judges. */
function writeInstructionBlocks(blocks: readonly IrBlock[], path: string, context: WriteContext): JsonObject[] {
  return blocks
    .map((block, index) => {
      if (context.native || block.type === "text" || block.type === "foreign") {
        return writeBlock(block, `${path}[${index}]`, context);
      }
      context.losses.drop(`${path}[${index}]`, "instructions are text");
      return null;
    })
    .filter((written) => written !== null);
}

/** Null when nothing is left of a turn that held something: the vendor refuses empty content. */
function writeOwnTurn(turn: IrTurn, path: string, context: WriteContext): JsonObject | null {
  const [first] = turn.blocks;
  if (turn.bare && turn.blocks.length === 1 && first?.type === "text") {
    return { role: turn.role, content: first.text, ...turn.extras };
  }
  const content = writeBlocks(turn.blocks, `${path}.content`, context);
  if (content.length === 0 && turn.blocks.length > 0) return null;
  if (content.length === 0 && turn.role === "system") return { role: turn.role, ...turn.extras };
  return { role: turn.role, content, ...turn.extras };
}

/** Neighbouring turns of one role, on their way to become one message. */
interface Group {
  readonly role: "user" | "assistant";
  readonly results: JsonObject[];
  readonly others: JsonObject[];
  /** Calls made here and not answered yet: id in between -> id on the wire. */
  readonly calls: Map<string, string>;
}

interface Normaliser {
  readonly context: WriteContext;
  readonly groups: Group[];
  readonly promoted: JsonObject[];
  /** Ids on the wire so far; the vendor wants them unique over the whole conversation. */
  readonly wireIds: Set<string>;
}

function normaliseTurns(request: IrRequest, context: WriteContext): WrittenConversation {
  const normaliser: Normaliser = { context, groups: [], promoted: [], wireIds: new Set() };
  for (const [index, turn] of request.turns.entries()) {
    // Instructions were messages of their own on the client's wire.
    addTurn(normaliser, turn, `messages[${index + request.instructions.length}]`);
  }
  return { messages: joinGroups(normaliser.groups), promoted: normaliser.promoted };
}

function addTurn(normaliser: Normaliser, turn: IrTurn, path: string): void {
  const { context } = normaliser;
  context.losses.dropExtras(path, turn.extras);
  if (turn.role === "system" || turn.role === "developer") {
    context.losses.approximate(path, "instructions between turns are moved to the system prompt");
    normaliser.promoted.push(...writeInstructionBlocks(turn.blocks, `${path}.content`, context));
    return;
  }
  if (turn.name !== null) context.losses.drop(`${path}.name`, "participants have no names in the Messages API");
  const group = groupFor(normaliser, turn.role === "assistant" ? "assistant" : "user");
  for (const [index, block] of turn.blocks.entries()) addBlock(normaliser, group, block, `${path}.content[${index}]`);
}

function groupFor(normaliser: Normaliser, role: Group["role"]): Group {
  const last = normaliser.groups.at(-1);
  if (last?.role === role) return last;
  const group: Group = { role, results: [], others: [], calls: new Map() };
  // An assistant turn of which nothing is left does not part two user turns.
  const empty = last !== undefined && last.results.length === 0 && last.others.length === 0;
  if (empty) normaliser.groups.pop();
  const before = normaliser.groups.at(-1);
  if (before?.role === role) return before;
  normaliser.groups.push(group);
  return group;
}

function addBlock(normaliser: Normaliser, group: Group, block: IrBlock, path: string): void {
  const { context } = normaliser;
  if (block.type === "tool-result") {
    addResult(normaliser, group, block, path);
    return;
  }
  const misplaced =
    group.role === "user" ? block.type === "tool-call" || block.type === "reasoning" : block.type === "image";
  if (misplaced) {
    context.losses.drop(path, `a turn of the ${group.role} holds no such block`);
    return;
  }
  const written = writeBlock(block, path, context);
  if (written === null) return;
  if (block.type === "tool-call") {
    const id = uniqueId(normaliser, block.id);
    group.calls.set(block.id, id);
    group.others.push({ ...written, id });
  } else group.others.push(written);
}

function addResult(
  normaliser: Normaliser,
  group: Group,
  block: Extract<IrBlock, { type: "tool-result" }>,
  path: string,
): void {
  const { context, groups } = normaliser;
  const calls = group.role === "user" ? groups.at(-2)?.calls : undefined;
  const id = calls?.get(block.callId);
  if (id === undefined) {
    context.losses.approximate(path, "the result of no call in the turn before is written as text");
    group.others.push({ type: "text", text: "Result of a tool call:" });
    group.others.push(...writeBlocks(block.content, `${path}.content`, context));
    return;
  }
  calls?.delete(block.callId);
  const written = writeBlock(block, path, context);
  if (written !== null) group.results.push({ ...written, tool_use_id: id });
}

/** Some vendors repeat ids from turn to turn; the second one gets a number. */
function uniqueId(normaliser: Normaliser, id: string): string {
  const legal = legalToolId(id);
  let unique = legal;
  for (let count = 2; normaliser.wireIds.has(unique); count++) unique = legalToolId(`${legal}_${count}`);
  normaliser.wireIds.add(unique);
  return unique;
}

function joinGroups(groups: readonly Group[]): JsonObject[] {
  return groups
    .map((group) => ({ role: group.role, content: [...group.results, ...group.others] }))
    .filter((message) => message.content.length > 0);
}
