/**
 * Messages for vendors that demand the answers to an assistant's calls right behind it, one message each; OpenAI's Chat
 * Completions, and those who took its shape over.
 */
import type { IrTurn } from "../../ir/request.ts";
import { type ContentPart, textPart } from "./openai/content-parts.ts";
import type { WriteContext } from "./write-context.ts";

/** A message of any role with any content; what may stand in it is checked where it is made. */
export type Message = Readonly<Record<string, unknown>>;

/** One message, or a calling assistant with the messages that answer it. */
interface CallGroup {
  readonly messages: Message[];
  /** Ids of calls made here. */
  readonly calls: Set<string>;
}

export interface MessageList {
  add(message: Message): void;
  /** Of a turn; an assistant's made the turn's calls. Null: nothing of it could be written. */
  addTurn(message: Message | null, turn: IrTurn): void;
  /** The parts that stand for it where no call is known. */
  addResult(callId: string, message: Message, path: string): readonly ContentPart[];
  messages(): Message[];
}

/**
 * Some clients keep every chunk of a streamed answer as a turn of its own. To these vendors neighbours of an assistant are
 * one message, or the calls made together would each want their results before the next. `join`: null where two cannot be
 * one.
 */
export function createMessageList(
  { native, losses }: WriteContext,
  join: (before: Message, message: Message) => Message | null,
): MessageList {
  const groups: CallGroup[] = [];
  return {
    add: (message) => void groups.push({ messages: [message], calls: new Set() }),
    addTurn(message, { role, blocks }) {
      if (message === null) return;
      if (role !== "assistant") {
        groups.push({ messages: [message], calls: new Set() });
        return;
      }
      const calls = blocks.flatMap((block) => (block.type === "tool-call" ? [block.id] : []));
      const group = groups.at(-1);
      const [before, ...results] = group?.messages ?? [];
      const isNext = !native && before?.["role"] === "assistant" && results.length === 0;
      const joined = isNext ? join(before, message) : null;
      if (group === undefined || joined === null) groups.push({ messages: [message], calls: new Set(calls) });
      else {
        group.messages[0] = joined;
        for (const id of calls) group.calls.add(id);
      }
    },
    addResult(callId, message, path) {
      const group = groups.findLast(({ calls }) => calls.has(callId));
      if (group !== undefined) group.messages.push(message);
      else if (native) groups.push({ messages: [message], calls: new Set() });
      else {
        // "tool call id not found in previous tool calls", says Cohere of such a result; OpenAI refuses it too.
        losses.approximate(path, "a result without its call is written as text");
        const { content } = message;
        return [textPart(typeof content === "string" ? content : JSON.stringify(content))];
      }
      return [];
    },
    messages: () => groups.flatMap(({ messages }) => messages),
  };
}
