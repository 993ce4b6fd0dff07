/**
 * A Messages request, read. Strict about what the conversation is made of, tolerant about everything else: an
 * unknown option rides as an extra, so that the vendor sees it and any other protocol's writer reports it.
 */
import type { WithLosses } from "../../ir/loss.ts";
import { type IrBlock, type IrInstruction, type IrRequest, type IrTurn, NO_SPELLING } from "../../ir/request.ts";
import { asArray, asBoolean, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, isAnything, isText, needList, needObject, needText, type Shape } from "../shared/members.ts";
import { opaqueBlock, readContent } from "./block-reader.ts";
import { readOptions } from "./options-reader.ts";
import { readToolChoice, readTools } from "./tool-reader.ts";
import { PROTOCOL } from "./wire.ts";

/** Name of the opaque block that holds a client's billing header. */
const BILLING_HEADER = "billing_header";

export function readRequest(body: JsonObject): WithLosses<IrRequest> {
  const options = readOptions(body);
  const choice = readToolChoice(body["tool_choice"]);
  return {
    value: {
      ...options,
      sourceProtocol: PROTOCOL,
      spelling: NO_SPELLING,
      model: asText(body["model"]) ?? "",
      stream: asBoolean(body["stream"]) ?? false,
      instructions: readSystem(body["system"]),
      turns: readTurns(body["messages"]),
      tools: readTools(body["tools"]),
      toolChoice: choice.toolChoice,
      parallelToolCalls: choice.parallelToolCalls,
      choices: null,
      logprobs: null,
      metadata: null,
    },
    losses: [],
  };
}

/**
 * Text a coding client puts first in its system prompt for the vendor's billing. It means nothing to another vendor and
 * changes with every release, which would spoil that vendor's prompt cache: only this protocol's writer sends it.
 */
function isBillingHeader(text: string): boolean {
  return text.startsWith("x-anthropic-billing-header:");
}

function readSystem(system: unknown): IrInstruction[] {
  if (system === undefined || system === null) return [];
  if (typeof system !== "string" && asArray(system) === undefined) {
    throw new WireError("system must be a string or a list of text blocks.");
  }
  const { blocks, wasString } = readContent(system, "system");
  const marked = wasString ? blocks : blocks.map((block, index) => hideBillingHeader(block, asArray(system)?.[index]));
  return [{ role: "system", blocks: marked, wasString, extras: {}, spelling: NO_SPELLING }];
}

function hideBillingHeader(block: IrBlock, wire: unknown): IrBlock {
  return block.type === "text" && isBillingHeader(block.text)
    ? { ...opaqueBlock(BILLING_HEADER, wire), isMetadata: true }
    : block;
}

const MESSAGE_SHAPE: Shape = { role: isText, content: isAnything };

function readTurns(messages: unknown): IrTurn[] {
  return needList(messages, "messages").map((value, index) => {
    const path = `messages[${index}]`;
    const message = needObject(value, path);
    const role = needText(message, "role", path);
    if (role !== "user" && role !== "assistant" && role !== "system") {
      throw new WireError(`${path}.role must be user, assistant or system.`);
    }
    const content = message["content"];
    // Instructions in the middle may consist of other members alone.
    const read =
      role === "system" && (content === undefined || content === null)
        ? { blocks: [], wasString: false }
        : readMessageContent(content, `${path}.content`);
    return { role, ...read, name: null, extras: extrasOf(message, MESSAGE_SHAPE), spelling: NO_SPELLING };
  });
}

function readMessageContent(content: unknown, path: string): { blocks: readonly IrBlock[]; wasString: boolean } {
  if (typeof content !== "string" && !Array.isArray(content)) {
    throw new WireError(`${path} must be a string or a list of content blocks.`);
  }
  return readContent(content, path);
}
