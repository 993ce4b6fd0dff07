/** Messages into instructions and turns: those ahead of the conversation are instructions, the rest are turns in order. */
import { type IrBlock, type IrInstruction, type IrTurn, NO_EXTRAS, NO_SPELLING, plainText } from "../../ir/request.ts";
import { asArray, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, isNothing, modelled, needObject } from "../shared/members.ts";
import { cite } from "./citations.ts";
import { readDocument } from "./documents.ts";
import { needList, needText } from "./members.ts";
import { readContent } from "./part-reader.ts";
import { readToolCall } from "./tool-reader.ts";

interface ReadMessages {
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
      instructions.push({
        role,
        ...readContent(message["content"], `${path}.content`),
        extras: extrasOf(message, SAID_SHAPE),
        spelling: NO_SPELLING,
      });
    } else turns.push(readTurn(message, role, path));
  }
  return { instructions, turns };
}

/**
 * `documents` of the request belong to what the user asks now, so they go ahead of it. Null: no user asks, so they have no
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
    return { ...block, spelling: { beside: true, document: each } };
  });
  return turns.map((turn, index) => (index === asked ? { ...turn, blocks: [...blocks, ...turn.blocks] } : turn));
}

function readTurn(message: JsonObject, role: string | undefined, path: string): IrTurn {
  switch (role) {
    case "user":
    case "system":
    case "developer": {
      const content = readContent(message["content"], `${path}.content`);
      return { role, ...content, name: null, extras: extrasOf(message, SAID_SHAPE), spelling: NO_SPELLING };
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
  const { blocks, extras, spelling } = readSaid(message, said.blocks, path);
  return {
    role: "assistant",
    blocks,
    wasString: said.wasString,
    name: null,
    extras,
    // What stood for "no text" is kept, so that the same protocol gets it back.
    spelling: said.blocks.length === 0 ? { ...spelling, content: message["content"] } : spelling,
  };
}

/** What an assistant message holds, in a request as in an answer: content, then the plan, then the calls of it. */
export function readSaid(
  message: JsonObject,
  content: readonly IrBlock[],
  path: string,
): Pick<IrTurn, "blocks" | "extras" | "spelling"> {
  const plan = asText(message["tool_plan"]);
  const hasPlan = plan !== undefined && plan !== "";
  const said = hasPlan ? [...content, { ...plainText(plan), spelling: { plan: true } }] : content;
  const { blocks, homeless } = cite(said, asArray(message["citations"]) ?? [], hasPlan ? content.length : -1);
  const calls = isNothing(message["tool_calls"]) ? [] : needList(message["tool_calls"], `${path}.tool_calls`);
  const others = extrasOf(message, ASSISTANT_SHAPE);
  return {
    blocks: [...blocks, ...calls.map((call, index) => readToolCall(call, `${path}.tool_calls[${index}]`))],
    extras: homeless.length === 0 ? others : { ...others, citations: homeless },
    spelling: {
      tool_plan: hasPlan ? undefined : message["tool_plan"],
      all_citations: message["citations"],
      no_calls: calls.length === 0 ? message["tool_calls"] : undefined,
    },
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
    extras: extrasOf(message, TOOL_SHAPE),
    spelling: NO_SPELLING,
  };
  return {
    role: "tool",
    blocks: [result],
    wasString: false,
    name: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
}

const SAID_SHAPE = modelled("role", "content");
const ASSISTANT_SHAPE = modelled("role", "content", "tool_plan", "tool_calls", "citations");
const TOOL_SHAPE = modelled("role", "content", "tool_call_id");
