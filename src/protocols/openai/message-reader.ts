/** Messages into instructions and turns: those ahead of the conversation are instructions, the rest are turns in order. */
import {
  type IrBlock,
  type IrInstruction,
  type IrTurn,
  NO_EXTRAS,
  NO_SPELLING,
  type Spelling,
} from "../../ir/request.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, isNothing, modelled, nonEmpty, type Shape } from "../shared/members.ts";
import type { ReadContent } from "../shared/openai/content-parts.ts";
import { isBlankCall, isBlankFunction } from "./blank-members.ts";
import { readContent, readMark } from "./part-reader.ts";
import { areEncrypted, REASONING_SHAPE, readReasoningText } from "./reasoning-fields.ts";
import { readFunctionCall, readToolCall } from "./tool-reader.ts";

interface ReadMessages {
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
  return { role, blocks, wasString, extras: extrasOf(message, INSTRUCTION_SHAPE), spelling: NO_SPELLING };
}

function readTurn(message: JsonObject, role: string | undefined, path: string, before: readonly IrTurn[]): IrTurn {
  switch (role) {
    case "user":
    case "system":
    case "developer": {
      const content = readContent(message["content"], `${path}.content`);
      return { role, ...content, name: nameOf(message), extras: extrasOf(message, USER_SHAPE), spelling: NO_SPELLING };
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
  if (refusal !== undefined) {
    blocks.push({ type: "refusal", text: refusal, extras: NO_EXTRAS, spelling: { message: true } });
  }
  const audioId = nonEmpty(asObject(message["audio"])?.["id"]);
  if (audioId !== null) {
    const source = { kind: "file", id: audioId } as const;
    blocks.push({ type: "audio", source, format: null, transcript: null, extras: NO_EXTRAS, spelling: NO_SPELLING });
  }
  const calls = message["tool_calls"];
  if (!isNothing(calls)) {
    const list = asArray(calls);
    if (list === undefined) throw new WireError(`${path}.tool_calls must be an array.`);
    for (const [index, call] of list.entries()) {
      // Clients send an answer back as it came, with what its vendor left empty.
      if (at(call, "function") === undefined || !isBlankCall(call))
        blocks.push(readToolCall(call, `${path}.tool_calls[${index}]`));
    }
  }
  if (!isBlankFunction(message["function_call"])) {
    blocks.push(readFunctionCall(message["function_call"], `${path}.function_call`));
  }
  // What stood for "no text" is kept, so that the same protocol gets it back.
  const isBlank = said.blocks.length === 0 && message["content"] !== undefined;
  const details = repeatedDetails(message);
  return {
    role: "assistant",
    blocks,
    wasString: said.wasString,
    name: nameOf(message),
    extras: extrasOf(message, ASSISTANT_SHAPE),
    spelling: isBlank ? { ...details, content: message["content"] } : details,
  };
}

/** Reasoning text as compatible vendors spell it; it is unsigned, so any vendor may see it. */
export function readReasoning(message: JsonObject): IrBlock[] {
  const said = readReasoningText(message);
  if (said === null) return [];
  const { field, text } = said;
  return [{ type: "reasoning", text, signature: null, encrypted: null, extras: NO_EXTRAS, spelling: { field } }];
}

/** Details that only repeat the text are spelling; sealed ones are an extra, and so a loss to every other protocol. */
export function repeatedDetails(message: JsonObject): Spelling {
  const { reasoning_details } = message;
  return isNothing(reasoning_details) || areEncrypted(reasoning_details) ? NO_SPELLING : { reasoning_details };
}

function readToolMessage(message: JsonObject, path: string): IrTurn {
  const callId = asText(message["tool_call_id"]);
  if (callId === undefined) throw new WireError(`${path}.tool_call_id must be the id of the call it answers.`);
  const marked = readMark(message, TOOL_SHAPE);
  const name = nameOf(message);
  return resultTurn(readResultContent(message, path), {
    type: "tool-result",
    callId,
    name,
    isError: null,
    ...marked,
  });
}

/** The older form: it names the function, and answers that function's latest call. */
function readFunctionMessage(message: JsonObject, path: string, before: readonly IrTurn[]): IrTurn {
  const name = nameOf(message);
  if (name === null) throw new WireError(`${path}.name must be the name of the function it answers.`);
  const callId = latestCallId(before, name) ?? `call_${name}`;
  return resultTurn(readResultContent(message, path), {
    type: "tool-result",
    callId,
    name,
    isError: null,
    cache: null,
    extras: extrasOf(message, USER_SHAPE),
    spelling: { legacy: true },
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
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
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

const INSTRUCTION_SHAPE = modelled("role", "content");
const USER_SHAPE = modelled("role", "content", "name");
const TOOL_SHAPE = modelled("role", "content", "name", "tool_call_id");
const ASSISTANT_SHAPE: Shape = {
  ...modelled("role", "content", "name", "refusal", "audio", "tool_calls", "function_call"),
  ...REASONING_SHAPE,
  // Clients send an earlier answer back whole, and most cite nothing.
  annotations: (value) => Array.isArray(value) && value.length === 0,
};
