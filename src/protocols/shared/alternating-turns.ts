/**
 * Conversations for vendors that take only user and assistant, in turn. Neighbours of one role become one turn. Results
 * of parallel calls stand together at the start of the turn after the calls. Instructions from the middle move to the
 * system prompt. Every id is legal and unique.
 */
import type { IrBlock, IrTurn, ToolResultBlock } from "../../ir/request.ts";
import type { Losses } from "./losses.ts";

interface TurnsWriter<Wire> {
  /** Blocks on the wire; none: it was dropped. `id` is what a call or result is called there. */
  write(block: IrBlock, path: string, id: string): readonly Wire[];
  /** Words of the gateway's own, in front of a result that belongs to no call. */
  words(text: string): Wire;
  /** Why the name of a participant is lost. */
  readonly noNames: string;
  /** Takes a turn of instructions. */
  promote(turn: IrTurn, path: string): void;
  legalId(id: string): string;
  isMisplaced(role: "user" | "assistant", block: IrBlock): boolean;
  readonly losses: Losses;
}

export interface WrittenTurn<Wire> {
  readonly role: "user" | "assistant";
  readonly content: readonly Wire[];
}

/** `turnsBefore`: messages on the client's wire that are no turns in the IR. */
export function alternateTurns<Wire>(
  turns: readonly IrTurn[],
  turnsBefore: number,
  writer: TurnsWriter<Wire>,
): WrittenTurn<Wire>[] {
  const state: TurnSequence<Wire> = { writer, groups: [], wireIds: new Set() };
  for (const [index, turn] of turns.entries()) addTurn(state, turn, `messages[${index + turnsBefore}]`);
  return state.groups
    .map((group) => ({ role: group.role, content: [...group.results, ...group.others] }))
    .filter((turn) => turn.content.length > 0);
}

/** Neighbouring turns of one role, on their way to become one message. */
interface OpenTurn<Wire> {
  readonly role: "user" | "assistant";
  readonly results: Wire[];
  readonly others: Wire[];
  /** Calls made here and not answered yet: id in the IR -> id on the wire. */
  readonly calls: Map<string, string>;
}

interface TurnSequence<Wire> {
  readonly writer: TurnsWriter<Wire>;
  readonly groups: OpenTurn<Wire>[];
  /** Ids on the wire so far; the vendor wants them unique over the whole conversation. */
  readonly wireIds: Set<string>;
}

function addTurn<Wire>(state: TurnSequence<Wire>, turn: IrTurn, path: string): void {
  const { writer } = state;
  writer.losses.dropExtras(path, turn.extras);
  if (turn.role === "system" || turn.role === "developer") {
    writer.losses.approximate(path, "instructions between turns are moved to the system prompt");
    writer.promote(turn, path);
    return;
  }
  if (turn.name !== null) writer.losses.drop(`${path}.name`, writer.noNames);
  const group = groupFor(state, turn.role === "assistant" ? "assistant" : "user");
  for (const [index, block] of turn.blocks.entries()) addBlock(state, group, block, `${path}.content[${index}]`);
}

function groupFor<Wire>({ groups }: TurnSequence<Wire>, role: OpenTurn<Wire>["role"]): OpenTurn<Wire> {
  const last = groups.at(-1);
  if (last?.role === role) return last;
  const group: OpenTurn<Wire> = { role, results: [], others: [], calls: new Map() };
  // An assistant turn of which nothing is left does not part two user turns.
  const empty = last !== undefined && last.results.length === 0 && last.others.length === 0;
  if (empty) groups.pop();
  const before = groups.at(-1);
  if (before?.role === role) return before;
  groups.push(group);
  return group;
}

function addBlock<Wire>(state: TurnSequence<Wire>, group: OpenTurn<Wire>, block: IrBlock, path: string): void {
  const { writer } = state;
  if (block.type === "tool-result") {
    addResult(state, group, block, path);
    return;
  }
  if (writer.isMisplaced(group.role, block)) {
    writer.losses.drop(path, `a turn of the ${group.role} holds no such block`);
    return;
  }
  const id = block.type === "tool-call" ? uniqueId(state, block.id) : "";
  if (block.type === "tool-call") group.calls.set(block.id, id);
  group.others.push(...writer.write(block, path, id));
}

function addResult<Wire>(state: TurnSequence<Wire>, group: OpenTurn<Wire>, block: ToolResultBlock, path: string): void {
  const { writer, groups } = state;
  const calls = group.role === "user" ? groups.at(-2)?.calls : undefined;
  const id = calls?.get(block.callId);
  if (id === undefined) {
    writer.losses.approximate(path, "the result of no call in the turn before is written as text");
    group.others.push(writer.words("Result of a tool call:"));
    for (const [index, each] of block.content.entries()) {
      group.others.push(...writer.write(each, `${path}.content[${index}]`, ""));
    }
    return;
  }
  calls?.delete(block.callId);
  group.results.push(...writer.write(block, path, id));
}

/** Some vendors repeat ids from turn to turn; the second one gets a number. */
function uniqueId<Wire>({ writer, wireIds }: TurnSequence<Wire>, id: string): string {
  const legal = writer.legalId(id);
  let unique = legal;
  for (let count = 2; wireIds.has(unique); count++) unique = writer.legalId(`${legal}_${count}`);
  wireIds.add(unique);
  return unique;
}
