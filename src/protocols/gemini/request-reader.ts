/**
 * A generateContent request, read. Strict about what the conversation is made of, tolerant about everything else: an
 * unknown option rides as an extra, so that the vendor sees it and any other protocol's writer reports it.
 */
import type { WithLosses } from "../../ir/loss.ts";
import { type IrInstruction, type IrRequest, type IrTurn, NO_EXTRAS, NO_SPELLING } from "../../ir/request.ts";
import { asBoolean, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { createIdBook } from "./id-book.ts";
import { extrasOf, isText, needList, needObject, type Shape, spelled } from "./members.ts";
import { readOptions } from "./options-reader.ts";
import { readParts } from "./part-reader.ts";
import { joinSignedThoughts } from "./thought-joiner.ts";
import { readToolChoice, readTools } from "./tool-reader.ts";
import { type ContentName, PROTOCOL } from "./wire.ts";

export function readRequest(given: JsonObject): WithLosses<IrRequest> {
  const body = spelled(given);
  const { extras, ...options } = readOptions(body);
  const choice = readToolChoice(body["toolConfig"]);
  return {
    value: {
      ...options,
      sourceProtocol: PROTOCOL,
      // Both stand in the path; a payload that travels elsewhere has them here.
      model: asText(body["model"]) ?? "",
      stream: asBoolean(body["stream"]) ?? false,
      instructions: readSystem(body["systemInstruction"]),
      turns: joinSignedThoughts(readTurns(body["contents"])),
      tools: readTools(body["tools"]),
      toolChoice: choice.toolChoice,
      parallelToolCalls: null,
      user: null,
      metadata: null,
      extras: { ...extras, ...choice.extras },
      spelling: NO_SPELLING,
    },
    losses: [],
  };
}

/** A content object; its role says nothing here. Text is what the SDKs take, and some servers too. */
function readSystem(value: unknown): IrInstruction[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [instruction([{ text: value }], true)];
  const content = asObject(value);
  if (content === undefined) throw new WireError("systemInstruction must be a content object.");
  return [instruction(needList(spelled(content)["parts"], "systemInstruction.parts"), false)];
}

function instruction(parts: readonly unknown[], wasString: boolean): IrInstruction {
  const blocks = readParts(parts, "systemInstruction.parts", createIdBook("system"));
  return { role: "system", blocks, wasString, extras: NO_EXTRAS, spelling: NO_SPELLING };
}

const CONTENT_SHAPE: Shape = { role: isText, parts: Array.isArray } satisfies Record<ContentName, Shape[string]>;

function readTurns(contents: unknown): IrTurn[] {
  const ids = createIdBook("conversation");
  const list = asObject(contents) === undefined ? needList(contents, "contents") : [contents];
  return list.map((value, index) => {
    const path = `contents[${index}]`;
    const content = needObject(value, path);
    return {
      role: readRole(content["role"], path),
      blocks: readParts(needList(content["parts"], `${path}.parts`), `${path}.parts`, ids),
      wasString: false,
      name: null,
      extras: extrasOf(content, CONTENT_SHAPE),
      spelling: NO_SPELLING,
    };
  });
}

/** No role is the user's; `function` is how results were sent before they moved into the user's turns. */
function readRole(role: unknown, path: string): IrTurn["role"] {
  if (role === undefined || role === null || role === "" || role === "user") return "user";
  if (role === "model") return "assistant";
  if (role === "function" || role === "tool") return "tool";
  throw new WireError(`${path}.role must be user or model.`);
}
