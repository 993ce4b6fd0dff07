/**
 * A Converse request, read. Strict about what the conversation is made of, tolerant about everything else: an
 * unknown option rides as an extra, so that the vendor sees it and any other protocol's writer reports it.
 */
import type { WithLosses } from "../../ir/loss.ts";
import { type IrInstruction, type IrRequest, type IrTurn, NO_SPELLING } from "../../ir/request.ts";
import { asBoolean, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, isAnything, isText, needList, needObject, needText, type Shape } from "../shared/members.ts";
import { readContent } from "./block-reader.ts";
import { readOptions } from "./options-reader.ts";
import { readToolChoice, readTools } from "./tool-reader.ts";
import { PROTOCOL } from "./wire.ts";

export function readRequest(body: JsonObject): WithLosses<IrRequest> {
  const toolConfig = asObject(body["toolConfig"]) ?? {};
  return {
    value: {
      ...readOptions(body),
      sourceProtocol: PROTOCOL,
      spelling: NO_SPELLING,
      model: asText(body["model"]) ?? "",
      stream: asBoolean(body["stream"]) ?? false,
      instructions: readSystem(body["system"]),
      turns: readTurns(body["messages"]),
      tools: readTools(toolConfig["tools"]),
      toolChoice: readToolChoice(toolConfig["toolChoice"]),
      choices: null,
      logprobs: null,
      user: null,
    },
    losses: [],
  };
}

function readSystem(system: unknown): IrInstruction[] {
  if (system === undefined || system === null) return [];
  const blocks = readContent(system, "system");
  return blocks.length === 0 ? [] : [{ role: "system", blocks, wasString: false, extras: {}, spelling: NO_SPELLING }];
}

const MESSAGE_SHAPE: Shape = { role: isText, content: isAnything };

function readTurns(messages: unknown): IrTurn[] {
  // Left out where the prompt is one the vendor keeps.
  return needList(messages ?? [], "messages").map((value, index) => {
    const path = `messages[${index}]`;
    const message = needObject(value, path);
    const role = needText(message, "role", path);
    if (role !== "user" && role !== "assistant" && role !== "system") {
      throw new WireError(`${path}.role must be user, assistant or system.`);
    }
    const blocks = readContent(message["content"] ?? [], `${path}.content`);
    return {
      role,
      blocks,
      wasString: false,
      name: null,
      extras: extrasOf(message, MESSAGE_SHAPE),
      spelling: NO_SPELLING,
    };
  });
}
