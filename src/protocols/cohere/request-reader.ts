/** A Chat request into the one in between. What only this protocol has rides as extras. */
import type { WithLosses } from "../../ir/loss.ts";
import { type Extras, type IrRequest, NO_EXTRAS } from "../../ir/request.ts";
import { asArray, isRawJson, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { hide, rest } from "../shared/extras.ts";
import { isNothing, readNumber, readTexts } from "./members.ts";
import { addDocuments, readMessages } from "./message-reader.ts";
import { areCitationsWanted, readFormat, readThinking } from "./options-reader.ts";
import { readStrict, readToolChoice, readTools } from "./tool-reader.ts";
import { ORIGIN, type WireRequest } from "./wire.ts";

export function readRequest(body: JsonObject): WithLosses<IrRequest> {
  const model = body["model"];
  if (typeof model !== "string") throw new WireError("model must be a string that names a model.");
  const { instructions, turns } = readMessages(body["messages"]);
  const documents = asArray(body["documents"]) ?? [];
  const wanted = areCitationsWanted(body["citation_options"]);
  const withDocuments = documents.length === 0 ? null : addDocuments(turns, documents, wanted);
  const value: IrRequest = {
    sourceProtocol: ORIGIN,
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
    extras: readExtras(body, withDocuments !== null),
  };
  return { value, losses: [] };
}

/** `cited`: the documents have found their place, and with them whether they shall be cited. */
function readExtras(body: JsonObject, cited: boolean): Extras {
  const visible: Record<string, unknown> = { ...rest(body, KNOWN_NAMES) };
  const hidden: Record<string, unknown> = {};
  const keep = (name: keyof WireRequest, isCarried: boolean): void => {
    if (isNothing(body[name])) return;
    if (isCarried) hidden[name] = body[name];
    else visible[name] = body[name];
  };
  keep("documents", cited || (asArray(body["documents"]) ?? [0]).length === 0);
  keep("citation_options", cited);
  keep("thinking", readThinking(body["thinking"]) !== null);
  keep("response_format", readFormat(body["response_format"]) !== null);
  keep("tool_choice", true);
  keep("strict_tools", typeof body["strict_tools"] === "boolean");
  keep("logprobs", typeof body["logprobs"] === "boolean");
  keep("stop_sequences", true);
  // Above 2^53 a seed is only right in the client's own digits.
  if (isRawJson(body["seed"])) hidden["seed"] = body["seed"];
  if (body["stream"] === false) hidden["stream"] = false;
  return hide(Object.keys(visible).length === 0 ? NO_EXTRAS : visible, hidden);
}

/** Members that the request in between holds, whole; everything else is an extra. */
const KNOWN = [
  "model",
  "messages",
  "tools",
  "strict_tools",
  "documents",
  "citation_options",
  "response_format",
  "max_tokens",
  "stop_sequences",
  "temperature",
  "seed",
  "frequency_penalty",
  "presence_penalty",
  "k",
  "p",
  "logprobs",
  "tool_choice",
  "thinking",
] as const satisfies readonly (keyof WireRequest)[];

const KNOWN_NAMES: ReadonlySet<string> = new Set([...KNOWN, "stream"]);
