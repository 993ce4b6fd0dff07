/**
 * The conversation of a request. A client of this protocol gets its own turns back. Turns of other protocols are
 * normalised. Roles become user and model, and neighbours of one role become one turn. Every call has its result at the
 * start of the turn after it. Instructions from the middle move to the system instruction. The vendor refuses anything
 * else about function calls (ai.google.dev/gemini-api/docs/function-calling, read 2026-11-27).
 */
import type { IrBlock, IrInstruction, IrRequest, IrTurn, ToolResultBlock } from "../../ir/request.ts";
import { asArray, asObject, type JsonObject } from "../../std/json.ts";
import { type WrittenConversation, writeInstructionBlocks, writeInstructions } from "../shared/prompt-writer.ts";
import { isIssuedBy } from "../shared/signature-tag.ts";
import { legalToolName } from "./names.ts";
import { createPartList, type PartList } from "./part-list.ts";
import { withExtras, writeBlock, writeResult } from "./part-writer.ts";
import { NO_SIGNATURE } from "./reasoning-signatures.ts";
import { API, PROTOCOL } from "./wire.ts";
import type { GeminiContext } from "./write-context.ts";

export function writeConversation(request: IrRequest, context: GeminiContext): WrittenConversation {
  if (!context.native) return normaliseTurns(request, context);
  const contents = request.turns.map((turn, index) => ({
    role: turn.role === "assistant" ? "model" : "user",
    parts: writeOwnParts(turn.blocks, `contents[${index}].parts`, context),
    ...turn.extras,
  }));
  // A call whose signature was another vendor's is left without one.
  const isMarked = context.dialect.signedCalls && request.turns.some(({ blocks }) => blocks.some(isForeign));
  return { turns: isMarked ? markUnsigned(contents) : contents, promoted: [] };
}

function isForeign(block: IrBlock): boolean {
  if (block.type === "tool-call") return block.signature !== null && !isIssuedBy(block.signature, PROTOCOL);
  if (block.type !== "reasoning") return false;
  return [block.signature, block.encrypted].some((seal) => seal !== null && !isIssuedBy(seal, PROTOCOL));
}

export function writeSystem(instructions: readonly IrInstruction[], context: GeminiContext): JsonObject[] {
  if (context.native) {
    return instructions.flatMap(({ blocks }) => writeOwnParts(blocks, "systemInstruction.parts", context));
  }
  const write = (block: IrBlock, path: string) => writeBlock(block, path, context);
  return writeInstructions(instructions, "systemInstruction", context, write);
}

function writeOwnParts(blocks: readonly IrBlock[], path: string, context: GeminiContext): JsonObject[] {
  const writer = partListFor(context);
  for (const [index, block] of blocks.entries()) {
    const place = `${path}[${index}]`;
    if (block.type === "tool-result") writer.add(writeResult(block, block.name ?? "", place, context).part);
    else writer.addBlock(block, blocks[index + 1], place);
  }
  return writer.parts;
}

/** A foreign signature is never sent: only its issuer can read it. */
function partListFor(context: GeminiContext): PartList {
  return createPartList({
    write: (block, path) => writeBlock(block, path, context),
    finish: (part, block, path) => withExtras(part, block.extras, path, context),
    writeForeign: (_kind, _signature, path) => {
      context.losses.drop(`${path}.signature`, "only its issuer can read it");
      return null;
    },
  });
}

/** Neighbouring turns of one role, on their way to become one content. */
interface OpenContent {
  readonly role: "user" | "model";
  /** Results by the place of their call in the turn before. */
  readonly results: Map<number, JsonObject>;
  readonly list: PartList;
  /** Calls made here, by id; `open` until a result came. */
  readonly calls: Map<string, WrittenCall[]>;
}

interface WrittenCall {
  readonly id: string;
  readonly name: string;
  readonly place: number;
}

interface Normaliser {
  readonly context: GeminiContext;
  readonly groups: OpenContent[];
  readonly promoted: JsonObject[];
}

function normaliseTurns(request: IrRequest, context: GeminiContext): WrittenConversation {
  const normaliser: Normaliser = { context, groups: [], promoted: [] };
  for (const [index, turn] of request.turns.entries()) {
    // Instructions were messages of their own on the client's wire.
    addTurn(normaliser, turn, `messages[${index + request.instructions.length}]`);
  }
  const contents = normaliser.groups
    .map(({ role, results, list }) => ({ role, parts: [...inOrder(results), ...list.parts] }))
    .filter((content) => content.parts.length > 0);
  const [first] = contents;
  const led = first?.role === "model" && hasCall(first.parts) ? [LEAD, ...contents] : contents;
  if (led !== contents) context.losses.approximate("messages[0]", "a call needs a turn of the user ahead of it");
  return { turns: context.dialect.signedCalls ? markUnsigned(led) : led, promoted: normaliser.promoted };
}

const LEAD = { role: "user", parts: [{ text: "Go on." }] };

/** Where ids tell which result belongs to which call the client's order stays; names alone are matched in order. */
function inOrder(results: ReadonlyMap<number, JsonObject>): JsonObject[] {
  const parts = [...results.values()];
  if (parts.every((part) => asObject(part["functionResponse"])?.["id"] !== undefined)) return parts;
  return [...results].toSorted(([left], [right]) => left - right).map(([, part]) => part);
}

function addTurn(normaliser: Normaliser, turn: IrTurn, path: string): void {
  const { context } = normaliser;
  context.losses.dropExtras(path, turn.extras);
  if (turn.role === "system" || turn.role === "developer") {
    context.losses.approximate(path, "instructions between turns are moved to the system instruction");
    const write = (block: IrBlock, place: string) => writeBlock(block, place, context);
    normaliser.promoted.push(...writeInstructionBlocks(turn.blocks, `${path}.content`, context, write));
    return;
  }
  if (turn.name !== null) context.losses.drop(`${path}.name`, `participants have no names in ${API}`);
  const group = groupFor(normaliser, turn.role === "assistant" ? "model" : "user");
  for (const [index, block] of turn.blocks.entries()) {
    addBlock(normaliser, group, block, turn.blocks[index + 1], `${path}.content[${index}]`);
  }
}

function groupFor(normaliser: Normaliser, role: OpenContent["role"]): OpenContent {
  const { groups } = normaliser;
  // A turn of which nothing is left does not part its neighbours.
  const last = groups.at(-1);
  if (last !== undefined && last.role !== role && last.results.size === 0 && last.list.parts.length === 0) groups.pop();
  const before = groups.at(-1);
  if (before?.role === role) return before;
  const group: OpenContent = { role, results: new Map(), list: partListFor(normaliser.context), calls: new Map() };
  groups.push(group);
  return group;
}

function addBlock(
  normaliser: Normaliser,
  group: OpenContent,
  block: IrBlock,
  next: IrBlock | undefined,
  path: string,
): void {
  if (block.type === "tool-result") {
    addResult(normaliser, group, block, path);
    return;
  }
  if (group.role === "user" && (block.type === "tool-call" || block.type === "reasoning")) {
    normaliser.context.losses.drop(path, "a turn of the user holds no such block");
    return;
  }
  group.list.addBlock(block, next, path);
  if (block.type !== "tool-call") return;
  const call: WrittenCall = { id: block.id, name: legalToolName(block.name), place: countCalls(group) };
  group.calls.set(block.id, [...(group.calls.get(block.id) ?? []), call]);
}

function countCalls(group: OpenContent): number {
  let count = 0;
  for (const calls of group.calls.values()) count += calls.length;
  return count;
}

function addResult(normaliser: Normaliser, group: OpenContent, block: ToolResultBlock, path: string): void {
  const { context, groups } = normaliser;
  const calls = group.role === "user" ? groups.at(-2)?.calls : undefined;
  const call = calls?.get(block.callId)?.find(({ place }) => !group.results.has(place));
  if (call === undefined) {
    context.losses.approximate(path, "the result of no call in the turn before is written as text");
    group.list.add({ text: "Result of a tool call:" });
    for (const [index, each] of block.content.entries()) {
      group.list.addBlock(each, undefined, `${path}.content[${index}]`);
    }
    return;
  }
  const { part, beside } = writeResult(block, call.name, path, context);
  group.results.set(call.place, part);
  for (const each of beside) group.list.add(each);
}

function hasCall(parts: readonly JsonObject[]): boolean {
  return parts.some((part) => part["functionCall"] !== undefined);
}

/** The first call of each step since the user last spoke must be signed; what another model called never was. */
function markUnsigned(contents: readonly JsonObject[]): JsonObject[] {
  const spoke = contents.findLastIndex((content) => content["role"] === "user" && !isOnlyResults(content));
  return contents.map((content, index) => {
    if (index <= spoke || content["role"] !== "model") return content;
    const parts = asArray(content["parts"]) ?? [];
    const first = parts.findIndex((part) => asObject(part)?.["functionCall"] !== undefined);
    const call = asObject(parts[first]);
    if (call === undefined || call["thoughtSignature"] !== undefined) return content;
    return { ...content, parts: parts.with(first, { ...call, thoughtSignature: NO_SIGNATURE }) };
  });
}

function isOnlyResults(content: JsonObject): boolean {
  return (asArray(content["parts"]) ?? []).every((part) => asObject(part)?.["functionResponse"] !== undefined);
}
