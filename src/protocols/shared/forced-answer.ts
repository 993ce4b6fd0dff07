/**
 * Holds the answer of a model without that option to a JSON Schema. The schema becomes the input of a tool the model
 * must call, and the call is read back as the answer's text. The tool's name is ours alone, so that readers need no
 * memory.
 */
import type { ReadEvent } from "../../ir/event.ts";
import { approximated, type Loss, type WithLosses } from "../../ir/loss.ts";
import {
  type IrBlock,
  type IrRequest,
  type IrToolChoice,
  NO_EXTRAS,
  NO_SPELLING,
  plainText,
} from "../../ir/request.ts";
import type { IrChoice, IrFinish, IrResponse } from "../../ir/response.ts";
import { asObject } from "../../std/json.ts";
import type { StreamReader } from "../protocol.ts";
import { mappedReader } from "./mapped-reader.ts";

export const ANSWER_TOOL = "ringmain_answer";

/**
 * Null: the request asks for no schema of an object, lets the model think (which forbids forcing), or names the tool to
 * be called.
 */
export function forceAnswer(request: IrRequest): { readonly request: IrRequest; readonly loss: Loss } | null {
  const { outputFormat: format, reasoning, tools } = request;
  if (format?.kind !== "json-schema" || asObject(format.schema)?.["type"] !== "object") return null;
  const thinks = reasoning !== null && reasoning.mode !== "disabled" && reasoning.effort !== "none";
  const choice = choiceOf(request);
  if (thinks || choice === null || tools.some((tool) => tool.name === ANSWER_TOOL)) return null;
  const tool = {
    type: "function",
    name: ANSWER_TOOL,
    description: format.description ?? "Gives the answer to the user.",
    parameters: format.schema,
    strict: null,
    cache: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  } as const;
  return {
    request: { ...request, outputFormat: null, tools: [...tools, tool], toolChoice: choice },
    loss: approximated("response_format", "asked for as the input of a tool that the model must call"),
  };
}

/** Beside tools of the client's the model may call any of them or answer. Null: it may not answer now. */
function choiceOf({ tools, toolChoice }: IrRequest): IrToolChoice | null {
  if (tools.length === 0 || toolChoice?.kind === "none") return { kind: "tool", name: ANSWER_TOOL };
  return toolChoice === null || toolChoice.kind === "auto" ? { kind: "required" } : null;
}

export function readForcedAnswer({ value, losses }: WithLosses<IrResponse>): WithLosses<IrResponse> {
  if (!value.choices.some(({ blocks }) => blocks.some(isAnswer))) return { value, losses };
  return { value: { ...value, choices: value.choices.map(readChoice) }, losses };
}

function readChoice(choice: IrChoice): IrChoice {
  if (!choice.blocks.some(isAnswer)) return choice;
  const calls = choice.blocks.some((block) => block.type === "tool-call" && !isAnswer(block));
  return {
    ...choice,
    blocks: choice.blocks.map((block) => (isAnswer(block) ? plainText(block.arguments) : block)),
    finish: choice.finish === null ? null : finishOf(choice.finish, calls),
  };
}

function isAnswer(block: IrBlock): block is Extract<IrBlock, { type: "tool-call" }> {
  return block.type === "tool-call" && block.name === ANSWER_TOOL;
}

/** To the client the model has answered and called nothing. */
function finishOf(finish: IrFinish, calls: boolean): IrFinish {
  return finish.reason === "tool-calls" && !calls ? { ...finish, reason: "stop" } : finish;
}

export function readForcedStream(reader: StreamReader): StreamReader {
  const answers = new Set<number>();
  let calls = false;
  const read = (event: ReadEvent): ReadEvent => {
    switch (event.type) {
      case "block-start":
        if (event.content.type !== "tool-call") return event;
        if (event.content.name !== ANSWER_TOOL) {
          calls = true;
          return event;
        }
        answers.add(event.block);
        return { ...event, content: { type: "text" } };
      case "arguments-delta":
        return answers.has(event.block)
          ? { type: "text-delta", block: event.block, text: event.text, logprobs: null }
          : event;
      case "finish":
        return answers.size === 0 ? event : { ...event, finish: finishOf(event.finish, calls) };
      default:
        return event;
    }
  };
  return mappedReader(reader, (events) => events.map(read));
}
