/**
 * Parts of requests and answers. A kind that the IR has no place for is carried whole as an opaque block. A signature is a
 * block of reasoning without text: before the call it stands on, after any other part, so that clients of other protocols
 * replay it where they replay reasoning.
 */
import { type IrBlock, NO_EXTRAS, NO_SPELLING, plainText, type ToolResultBlock } from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { readMedia } from "./media-reader.ts";
import {
  extrasOf,
  isAnything,
  isBoolean,
  isEmpty,
  isText,
  needObject,
  needText,
  type Shape,
  spelledObject,
} from "./members.ts";
import { isPlaceholder, readSignature } from "./reasoning-signatures.ts";
import { type PartName, PROTOCOL } from "./wire.ts";

/** Where ids come from that the wire does not give. */
export interface IdBook {
  /** Of a call without an id. */
  callId(name: string): string;
  /** A call whose id is known. */
  made(id: string, name: string): void;
  /** Of the call a result belongs to; `id` null: by name and order. */
  resultId(id: string | null, name: string): string;
}

export function readParts(parts: readonly unknown[], path: string, ids: IdBook): IrBlock[] {
  return parts.flatMap((part, index) => readPart(needObject(part, `${path}[${index}]`), `${path}[${index}]`, ids));
}

// Closed over the SDK's part: a member it adds breaks the build here until it has a place.
const PART_KINDS = {
  text: "modelled",
  thought: "modelled",
  thoughtSignature: "modelled",
  functionCall: "modelled",
  functionResponse: "modelled",
  inlineData: "modelled",
  fileData: "modelled",
  executableCode: "opaque",
  codeExecutionResult: "opaque",
  toolCall: "opaque",
  toolResponse: "opaque",
  audioTranscription: "extra",
  mediaResolution: "extra",
  videoMetadata: "extra",
  partMetadata: "extra",
  mediaProcessing: "extra",
  speechMetadata: "extra",
} as const satisfies Record<PartName, "modelled" | "opaque" | "extra">;

const PART_SHAPE: Shape = {
  text: isText,
  thought: isBoolean,
  thoughtSignature: isText,
  functionCall: isAnything,
  functionResponse: isAnything,
  inlineData: isAnything,
  fileData: isAnything,
};

/** A frame of a stream reads the kinds of parts by itself; these are the ones it takes whole. */
export function readPart(part: JsonObject, path: string, ids: IdBook): IrBlock[] {
  const seal = asText(part["thoughtSignature"]) ?? "";
  if (isPlaceholder(seal) && part["functionCall"] !== undefined) {
    const { thoughtSignature: _placeholder, ...rest } = part;
    return readPart(rest, path, ids).map((block) =>
      block.type === "tool-call" ? { ...block, spelling: { ...block.spelling, placeholder: seal } } : block,
    );
  }
  const tagged = readSignature(seal);
  const extras = extrasOf(part, PART_SHAPE);
  const signed: IrBlock[] =
    tagged === null
      ? []
      : [
          {
            type: "reasoning",
            text: "",
            signature: tagged.kind === "signature" ? tagged.signature : null,
            encrypted: tagged.kind === "encrypted" ? tagged.signature : null,
            extras: NO_EXTRAS,
            spelling: NO_SPELLING,
          },
        ];
  const [block] = signed;
  const text = asText(part["text"]);
  if (part["thought"] === true && text !== undefined) {
    return [block?.type === "reasoning" ? { ...block, text, extras, spelling: NO_SPELLING } : thought(text, extras)];
  }
  if (part["functionCall"] !== undefined) return [...signed, readCall(part["functionCall"], path, extras, ids)];
  if (part["functionResponse"] !== undefined)
    return [readResult(part["functionResponse"], path, extras, ids), ...signed];
  if (isOpaque(part)) return [opaquePart(part)];
  const media = readMedia(part, extras);
  if (media !== null) return [media, ...signed];
  if (part["inlineData"] !== undefined || part["fileData"] !== undefined) return [opaquePart(part)];
  if (text === undefined) return signed.length > 0 && isEmpty(extras) ? signed : [opaquePart(part)];
  if (text === "" && signed.length > 0 && isEmpty(extras)) return signed;
  return [{ type: "text", text, citations: [], cache: null, extras, spelling: NO_SPELLING }, ...signed];
}

function thought(text: string, extras: Readonly<Record<string, unknown>>): IrBlock {
  return { type: "reasoning", text, signature: null, encrypted: null, extras, spelling: NO_SPELLING };
}

function isOpaque(part: JsonObject): boolean {
  return FOREIGN.some((name) => part[name] !== undefined);
}

const FOREIGN = Object.entries(PART_KINDS).flatMap(([name, kind]) => (kind === "opaque" ? [name] : []));
const NAMED = [...FOREIGN, "inlineData", "fileData"];

/** Named for its data, for losses. */
export function opaquePart(part: JsonObject): IrBlock {
  const mediaType = asText(spelledObject(part["inlineData"] ?? part["fileData"])?.["mimeType"]) ?? "";
  const name = mediaType.startsWith("video/") ? "video" : (NAMED.find((each) => part[each] !== undefined) ?? "part");
  return { type: "opaque", sourceProtocol: PROTOCOL, name, value: part, spelling: NO_SPELLING };
}

/** Asked for with `streamFunctionCallArguments`. Such a call without its arguments would be another call than the model made. */
function isPieceOfCall(call: JsonObject): boolean {
  const pieces = asArray(call["partialArgs"] ?? call["partial_args"]) ?? [];
  return pieces.length > 0 || call["willContinue"] === true || call["will_continue"] === true;
}

const CALL_SHAPE: Shape = { id: isText, name: isText, args: (value) => asObject(value) !== undefined };

function readCall(value: unknown, path: string, extras: Readonly<Record<string, unknown>>, ids: IdBook): IrBlock {
  const call = needObject(value, `${path}.functionCall`);
  if (isPieceOfCall(call)) {
    throw new WireError(`${path}.functionCall holds a piece of a call: arguments in partialArgs cannot be carried.`);
  }
  const name = needText(call, "name", `${path}.functionCall`);
  const given = asText(call["id"]) ?? "";
  if (given !== "") ids.made(given, name);
  const left = extrasOf(call, CALL_SHAPE);
  return {
    type: "tool-call",
    id: given === "" ? ids.callId(name) : given,
    name,
    kind: "function",
    arguments: JSON.stringify(asObject(call["args"]) ?? {}),
    signature: null,
    cache: null,
    extras: isEmpty(left) ? extras : { ...extras, functionCall: left },
    spelling: NO_SPELLING,
  };
}

const RESULT_SHAPE: Shape = {
  id: isText,
  name: isText,
  response: (value) => asObject(value) !== undefined,
  parts: Array.isArray,
};

function readResult(
  value: unknown,
  path: string,
  extras: Readonly<Record<string, unknown>>,
  ids: IdBook,
): ToolResultBlock {
  const result = needObject(value, `${path}.functionResponse`);
  const name = asText(result["name"]) ?? "";
  const id = asText(result["id"]) ?? "";
  if (name === "" && id === "") throw new WireError(`${path}.functionResponse.name must be a string.`);
  const said = readOutput(asObject(result["response"]) ?? {});
  const media = (asArray(result["parts"]) ?? []).map((each) => {
    const part = spelledObject(each) ?? {};
    return readMedia(part, extrasOf(part, PART_SHAPE)) ?? opaquePart(part);
  });
  const left = extrasOf(result, RESULT_SHAPE);
  return {
    type: "tool-result",
    callId: ids.resultId(id === "" ? null : id, name),
    name: name === "" ? null : name,
    content: [plainText(said.text), ...media],
    wasString: said.wasString,
    isError: said.isError,
    cache: null,
    extras: isEmpty(left) ? extras : { ...extras, functionResponse: left },
    spelling: NO_SPELLING,
  };
}

/** The two keys that mean something by convention (SDK type FunctionResponse); any other object is told as JSON. */
function readOutput(response: JsonObject): { text: string; wasString: boolean; isError: boolean | null } {
  const [only, ...more] = Object.keys(response);
  const output = asText(response["output"]);
  if (only === "output" && more.length === 0 && output !== undefined)
    return { text: output, wasString: true, isError: null };
  const error = asText(response["error"]);
  if (only === "error" && more.length === 0 && error !== undefined)
    return { text: error, wasString: true, isError: true };
  const isError = only === "error" && more.length === 0 ? true : null;
  return { text: only === undefined ? "" : JSON.stringify(response), wasString: false, isError };
}
