/** A Chat request into the IR. What only this protocol has rides as extras. */
import type { WithLosses } from "../../ir/loss.ts";
import type { IrRequest } from "../../ir/request.ts";
import { asArray, isRawJson, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, isBoolean, isNothing, modelled, readNumber, type Shape } from "../shared/members.ts";
import { readTexts } from "./members.ts";
import { addDocuments, readMessages } from "./message-reader.ts";
import { areCitationsWanted, readFormat, readThinking } from "./options-reader.ts";
import { readStrict, readToolChoice, readTools } from "./tool-reader.ts";
import { PROTOCOL, type WireRequest } from "./wire.ts";

export function readRequest(body: JsonObject): WithLosses<IrRequest> {
  const model = body["model"];
  if (typeof model !== "string") throw new WireError("model must be a string that names a model.");
  const { instructions, turns } = readMessages(body["messages"]);
  const documents = asArray(body["documents"]) ?? [];
  const wanted = areCitationsWanted(body["citation_options"]);
  const withDocuments = documents.length === 0 ? null : addDocuments(turns, documents, wanted);
  const value: IrRequest = {
    sourceProtocol: PROTOCOL,
    model,
    stream: body["stream"] === true,
    instructions,
    turns: withDocuments ?? turns,
    tools: readTools(body["tools"], readStrict(body)),
    toolChoice: readToolChoice(body["tool_choice"]),
    parallelToolCalls: null,
    maxOutputTokens: readNumber(body, "max_tokens"),
    sampling: {
      temperature: readNumber(body, "temperature"),
      topP: readNumber(body, "p"),
      topK: readNumber(body, "k"),
      seed: readNumber(body, "seed"),
      presencePenalty: readNumber(body, "presence_penalty"),
      frequencyPenalty: readNumber(body, "frequency_penalty"),
    },
    stop: readTexts(body["stop_sequences"], "stop_sequences"),
    reasoning: readThinking(body["thinking"]),
    outputFormat: readFormat(body["response_format"]),
    choices: null,
    logprobs: body["logprobs"] === true ? { top: null } : null,
    user: null,
    metadata: null,
    serviceTier: null,
    ...readMembers(body, withDocuments !== null),
  };
  return { value, losses: [] };
}

/** `cited`: the documents have found their place, and with them whether they shall be cited. */
function readMembers(body: JsonObject, cited: boolean): Pick<IrRequest, "extras" | "spelling"> {
  const extras = extrasOf(body, cited ? CITED_SHAPE : REQUEST_SHAPE);
  const spelling: Record<string, unknown> = {};
  for (const name of SPELLED) if (!isNothing(body[name]) && extras[name] === undefined) spelling[name] = body[name];
  // Above 2^53 a seed is only right in the client's own digits.
  if (isRawJson(body["seed"])) spelling["seed"] = body["seed"];
  if (body["stream"] === false) spelling["stream"] = false;
  return { extras, spelling };
}

/** Members that go back as they stood. */
const SPELLED = [
  "documents",
  "citation_options",
  "thinking",
  "response_format",
  "tool_choice",
  "strict_tools",
  "logprobs",
  "stop_sequences",
] as const satisfies readonly (keyof WireRequest)[];

/** Members that the IR holds whole; everything else is an extra. */
const KNOWN = [
  "model",
  "messages",
  "tools",
  "max_tokens",
  "stop_sequences",
  "temperature",
  "seed",
  "frequency_penalty",
  "presence_penalty",
  "k",
  "p",
  "tool_choice",
] as const satisfies readonly (keyof WireRequest)[];

const REQUEST_SHAPE = {
  ...modelled(...KNOWN, "stream"),
  documents: (value) => asArray(value)?.length === 0,
  thinking: (value) => readThinking(value) !== null,
  response_format: (value) => readFormat(value) !== null,
  strict_tools: isBoolean,
  logprobs: isBoolean,
} satisfies Shape;
const CITED_SHAPE: Shape = { ...REQUEST_SHAPE, ...modelled("documents", "citation_options") };
