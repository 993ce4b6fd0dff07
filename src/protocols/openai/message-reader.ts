/** Messages into instructions and turns: those ahead of the conversation are instructions, the rest are turns in order. */
import type { Extras, IrBlock, IrInstruction, IrTurn } from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { hide, rest } from "./extras.ts";
import { type ReadContent, readContent, readMark } from "./part-reader.ts";
import { areSealed, REASONING_FIELDS, readReasoningText } from "./reasoning-fields.ts";
import { readFunctionCall, readToolCall } from "./tool-reader.ts";

export interface ReadMessages {
  readonly instructions: readonly IrInstruction[];
  readonly turns: readonly IrTurn[];
}

export function readMessages(value: unknown): ReadMessages {
  const messages = asArray(value);
  if (messages === undefined) throw new WireError("messages must be an array of messages.");
  const instructions: IrInstruction[] = [];
  const turns: IrTurn[] = [];
  for (const [index, each] of messages.entries()) {
    const path = `messages[${index}]`;
    const message = asObject(each);
    if (message === undefined) throw new WireError(`${path} must be a message, an object with a role.`);
    const role = asText(message["role"]);
    if ((role === "system" || role === "developer") && turns.length === 0) {
      instructions.push(readInstruction(message, role, path));
    } else turns.push(readTurn(message, role, path, turns));
  }
  return { instructions, turns };
}

function readInstruction(message: JsonObject, role: "system" | "developer", path: string): IrInstruction {
  const { blocks, wasString } = readContent(message["content"], `${path}.content`);
  return { role, blocks, wasString, extras: rest(message, INSTRUCTION) };
}

function readTurn(message: JsonObject, role: string | undefined, path: string, before: readonly IrTurn[]): IrTurn {
  switch (role) {
    case "user":
    case "system":
    case "developer": {
      const content = readContent(message["content"], `${path}.content`);
      return { role, ...content, name: nameOf(message), extras: rest(message, USER) };
    }
    case "assistant":
      return readAssistant(message, path);
    case "tool":
      return readToolMessage(message, path);
    case "function":
      return readFunctionMessage(message, path, before);
    default:
      throw new WireError(`${path}.role must be one of system, developer, user, assistant, tool and function`, role);
  }
}

function readAssistant(message: JsonObject, path: string): IrTurn {
  const said: ReadContent = isNothing(message["content"])
    ? { blocks: [], wasString: true }
    : readContent(message["content"], `${path}.content`);
  const blocks: IrBlock[] = [...readReasoning(message), ...said.blocks];
  const refusal = asText(message["refusal"]);
  if (refusal !== undefined) blocks.push({ type: "refusal", text: refusal, extras: hide({}, { message: true }) });
  const audioId = asText(asObject(message["audio"])?.["id"]);
  if (audioId !== undefined) {
    const source = { kind: "file", id: audioId } as const;
    blocks.push({ type: "audio", source, format: null, transcript: null, extras: {} });
  }
  const calls = message["tool_calls"];
  if (!isNothing(calls)) {
    const list = asArray(calls);
    if (list === undefined) throw new WireError(`${path}.tool_calls must be an array.`);
    for (const [index, call] of list.entries()) blocks.push(readToolCall(call, `${path}.tool_calls[${index}]`));
  }
  if (!isNothing(message["function_call"])) {
    blocks.push(readFunctionCall(message["function_call"], `${path}.function_call`));
  }
  const extras = rest(message, isEmptyList(message["annotations"]) ? ASSISTANT_ECHO : ASSISTANT);
  // What stood for "no text" is kept, so that the same protocol gets it back.
  const blank = said.blocks.length === 0 ? { content: message["content"] } : {};
  const { visible, hidden } = readDetails(message);
  const all = Object.keys(visible).length === 0 ? extras : { ...extras, ...visible };
  return {
    role: "assistant",
    blocks,
    wasString: said.wasString,
    name: nameOf(message),
    extras: hide(all, { ...blank, ...hidden }),
  };
}

/** Reasoning text as compatible vendors spell it; unsigned, so it belongs to nobody in particular. */
export function readReasoning(message: JsonObject): IrBlock[] {
  const said = readReasoningText(message);
  if (said === null) return [];
  const { field, text } = said;
  return [{ type: "reasoning", text, signature: null, encrypted: null, extras: hide({}, { field }) }];
}

/** Details that only repeat the text are spelling; what is sealed in them is a loss to every other protocol. */
export function readDetails(message: JsonObject): { readonly visible: Extras; readonly hidden: Extras } {
  const details = message["reasoning_details"];
  if (isNothing(details)) return { visible: {}, hidden: {} };
  const member = { reasoning_details: details };
  return areSealed(details) ? { visible: member, hidden: {} } : { visible: {}, hidden: member };
}

function readToolMessage(message: JsonObject, path: string): IrTurn {
  const callId = asText(message["tool_call_id"]);
  if (callId === undefined) throw new WireError(`${path}.tool_call_id must be the id of the call it answers.`);
  const { cache, extras } = readMark(message, TOOL);
  const name = nameOf(message);
  return resultTurn(readResultContent(message, path), {
    type: "tool-result",
    callId,
    name,
    isError: null,
    cache,
    extras,
  });
}

/** The older form: it names the function, and answers that function's latest call. */
function readFunctionMessage(message: JsonObject, path: string, before: readonly IrTurn[]): IrTurn {
  const name = nameOf(message);
  if (name === null) throw new WireError(`${path}.name must be the name of the function it answers.`);
  const callId = latestCallId(before, name) ?? `call_${name}`;
  const extras = hide(rest(message, USER), { legacy: true });
  return resultTurn(readResultContent(message, path), {
    type: "tool-result",
    callId,
    name,
    isError: null,
    cache: null,
    extras,
  });
}

function resultTurn(
  { blocks, wasString }: ReadContent,
  result: Omit<Extract<IrBlock, { type: "tool-result" }>, "content" | "wasString">,
): IrTurn {
  return {
    role: "tool",
    blocks: [{ ...result, content: blocks, wasString }],
    wasString: false,
    name: null,
    extras: {},
  };
}

/** Null is what a tool without an answer leaves behind. */
function readResultContent(message: JsonObject, path: string): ReadContent {
  const content = message["content"];
  return isNothing(content) ? { blocks: [], wasString: true } : readContent(content, `${path}.content`);
}

function latestCallId(turns: readonly IrTurn[], name: string): string | undefined {
  for (const turn of turns.toReversed()) {
    for (const block of turn.blocks) if (block.type === "tool-call" && block.name === name) return block.id;
  }
  return undefined;
}

function nameOf(message: JsonObject): string | null {
  return asText(message["name"]) ?? null;
}

/** Clients send an earlier answer back whole, and most cite nothing. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

const INSTRUCTION = new Set(["role", "content"]);
const USER = new Set(["role", "content", "name"]);
const TOOL = new Set(["role", "content", "name", "tool_call_id"]);
const ASSISTANT = new Set([
  "role",
  "content",
  "name",
  "refusal",
  "audio",
  "tool_calls",
  "function_call",
  ...REASONING_FIELDS,
]);
const ASSISTANT_ECHO = new Set([...ASSISTANT, "annotations"]);
