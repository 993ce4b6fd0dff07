/** Messages into instructions and turns: those ahead of the conversation are instructions, the rest are turns in order. */
import { type Extras, type IrBlock, type IrInstruction, type IrTurn, NO_EXTRAS } from "../../ir/request.ts";
import { asArray, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { hide, rest } from "../shared/extras.ts";
import { cite } from "./citations.ts";
import { readDocument } from "./documents.ts";
import { isNothing, needList, needObject, needText } from "./members.ts";
import { readContent, textBlock } from "./part-reader.ts";
import { readToolCall } from "./tool-reader.ts";

export interface ReadMessages {
  readonly instructions: readonly IrInstruction[];
  readonly turns: readonly IrTurn[];
}

export function readMessages(value: unknown): ReadMessages {
  const instructions: IrInstruction[] = [];
  const turns: IrTurn[] = [];
  for (const [index, each] of needList(value, "messages").entries()) {
    const path = `messages[${index}]`;
    const message = needObject(each, path);
    const role = asText(message["role"]);
    if ((role === "system" || role === "developer") && turns.length === 0) {
      instructions.push({ role, ...readContent(message["content"], `${path}.content`), extras: rest(message, SAID) });
    } else turns.push(readTurn(message, role, path));
  }
  return { instructions, turns };
}

/**
 * `documents` of the request belong to what the user asks now, so they go ahead of it. Null: nobody asks, so they have no
 * place.
 */
export function addDocuments(
  turns: readonly IrTurn[],
  documents: readonly unknown[],
  citations: boolean,
): readonly IrTurn[] | null {
  const asked = turns.findLastIndex(({ role }) => role === "user");
  if (asked < 0) return null;
  const blocks = documents.map((each): IrBlock => {
    const block = readDocument(each, citations);
    return { ...block, extras: hide(block.extras, { beside: true, document: each }) };
  });
  return turns.map((turn, index) => (index === asked ? { ...turn, blocks: [...blocks, ...turn.blocks] } : turn));
}

function readTurn(message: JsonObject, role: string | undefined, path: string): IrTurn {
  switch (role) {
    case "user":
    case "system":
    case "developer": {
      const content = readContent(message["content"], `${path}.content`);
      return { role, ...content, name: null, extras: rest(message, SAID) };
    }
    case "assistant":
      return readAssistant(message, path);
    case "tool":
      return readToolMessage(message, path);
    default:
      throw new WireError(`${path}.role must be one of system, user, assistant and tool`, role);
  }
}

function readAssistant(message: JsonObject, path: string): IrTurn {
  const said = readContent(message["content"], `${path}.content`);
  const { blocks, extras } = readSaid(message, said.blocks, path);
  // What stood for "no text" is kept, so that the same protocol gets it back.
  const blank = said.blocks.length === 0 ? { content: message["content"] } : {};
  return { role: "assistant", blocks, wasString: said.wasString, name: null, extras: hide(extras, blank) };
}

/** What an assistant message holds, in a request as in an answer: content, then the plan, then the calls of it. */
export function readSaid(
  message: JsonObject,
  content: readonly IrBlock[],
  path: string,
): { readonly blocks: readonly IrBlock[]; readonly extras: Extras } {
  const plan = asText(message["tool_plan"]);
  const hasPlan = plan !== undefined && plan !== "";
  const said = hasPlan ? [...content, textBlock(plan, hide(NO_EXTRAS, { plan: true }))] : content;
  const { blocks, homeless } = cite(said, asArray(message["citations"]) ?? [], hasPlan ? content.length : -1);
  const calls = isNothing(message["tool_calls"]) ? [] : needList(message["tool_calls"], `${path}.tool_calls`);
  const others = rest(message, ASSISTANT);
  const extras = hide(homeless.length === 0 ? others : { ...others, citations: homeless }, {
    tool_plan: hasPlan ? undefined : message["tool_plan"],
    all_citations: message["citations"],
    no_calls: calls.length === 0 ? message["tool_calls"] : undefined,
  });
  return {
    blocks: [...blocks, ...calls.map((call, index) => readToolCall(call, `${path}.tool_calls[${index}]`))],
    extras,
  };
}

function readToolMessage(message: JsonObject, path: string): IrTurn {
  const callId = needText(message["tool_call_id"], `${path}.tool_call_id`);
  const { blocks, wasString } = readContent(message["content"], `${path}.content`);
  const result: IrBlock = {
    type: "tool-result",
    callId,
    name: null,
    content: blocks,
    wasString,
    isError: null,
    cache: null,
    extras: rest(message, TOOL),
  };
  return { role: "tool", blocks: [result], wasString: false, name: null, extras: NO_EXTRAS };
}

const SAID = new Set(["role", "content"]);
const ASSISTANT = new Set(["role", "content", "tool_plan", "tool_calls", "citations"]);
const TOOL = new Set(["role", "content", "tool_call_id"]);
