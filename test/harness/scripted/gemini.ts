/**
 * The scripted vendor of generateContent, and what it refuses (ai.google.dev, function calling and the generateContent
 * reference, read 2026-11-27). It gives calls no ids and ties results to calls by order, as the API does by default.
 */
import { asObject, asText, type JsonObject, at as within } from "../../../src/std/json.ts";
import { type Asked, type Dialect, type Fault, pieces, sse, type Turn } from "./dialect.ts";
import { nameProblem, objects, unknownMembers } from "./rules.ts";
import type { HistoryStep } from "./script.ts";
import { isSealOf } from "./seals.ts";

const KNOWN = [
  ...[
    "contents",
    "systemInstruction",
    "system_instruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
  ],
  ...["cachedContent", "labels", "model"],
];
const PART = ["text", "thought", "thoughtSignature", "functionCall", "functionResponse", "inlineData", "fileData"];
/** The subset of OpenAPI that `parameters` takes; `parametersJsonSchema` takes JSON Schema. */
const SCHEMA = [
  ...[
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
  ],
  ...[
    "propertyOrdering",
    "anyOf",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "minProperties",
    "maxProperties",
  ],
  ...["example", "default"],
];
const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/;
const SIGNATURE = "R2VtaW5pU2lnbmF0dXJl";
/** What a history from elsewhere may carry in place of a signature. */
export const NO_SIGNATURE = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];
const isOwnSeal = (signature: string): boolean => signature === SIGNATURE || isSealOf("gemini", signature);
const USAGE = {
  promptTokenCount: 15,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 2,
  cachedContentTokenCount: 3,
  totalTokenCount: 22,
};
const ERRORS: Readonly<Record<Fault, readonly [number, string]>> = {
  rejected: [400, "INVALID_ARGUMENT"],
  limited: [429, "RESOURCE_EXHAUSTED"],
  "bad-key": [401, "UNAUTHENTICATED"],
  overloaded: [503, "UNAVAILABLE"],
  broken: [500, "INTERNAL"],
};

export const GEMINI_DIALECT: Dialect = {
  protocol: "gemini",
  streamType: "text/event-stream",
  route(path) {
    const [, model, action] =
      /^\/v1(?:beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent\?alt=sse)$/.exec(path) ?? [];
    if (model === undefined || action === undefined) return null;
    return { model: decodeURIComponent(model), stream: action !== "generateContent" };
  },
  problems,
  history,
  idOf: () => null,
  whole: (turn) =>
    JSON.stringify(
      answer(turn, [...thoughts(turn), ...(turn.text === "" ? [] : [{ text: turn.text }]), ...callParts(turn)], "STOP"),
    ),
  frames(turn) {
    const parts = [...thoughts(turn), ...pieces(turn.text).map((text) => ({ text })), ...callParts(turn)];
    return parts.map((part, index) =>
      sse(null, JSON.stringify(answer(turn, [part], index === parts.length - 1 ? "STOP" : null)), "\r\n"),
    );
  },
  error(fault, message) {
    const [status, word] = ERRORS[fault];
    const retry =
      fault === "limited" ? [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" }] : [];
    return {
      status,
      headers: {},
      body: JSON.stringify({ error: { code: status, message, status: word, details: retry } }),
    };
  },
};

const thoughts = ({ reasoning = null }: Turn): JsonObject[] =>
  reasoning === null ? [] : [{ text: reasoning.text, thought: true }];

function callParts({ calls, reasoning = null }: Turn): JsonObject[] {
  return calls.map((call, index) => ({
    functionCall: { name: call.name, args: JSON.parse(call.arguments) },
    ...(index === 0 ? { thoughtSignature: reasoning?.seal ?? SIGNATURE } : {}),
  }));
}

function answer({ model }: Turn, parts: readonly JsonObject[], finishReason: string | null): JsonObject {
  const finish = finishReason === null ? {} : { finishReason };
  return {
    candidates: [{ content: { parts, role: "model" }, ...finish, index: 0 }],
    usageMetadata: USAGE,
    modelVersion: model,
    responseId: "Ur-FapeEH9K7kdUPnIHEqQw",
  };
}

/**
 * Contents by turn: the vendor's own client keeps each chunk of a streamed turn as a content of its own, so neighbours of
 * one role are one turn.
 */
export function turnsOf(body: JsonObject): JsonObject[] {
  const turns: JsonObject[] = [];
  for (const content of objects(body["contents"])) {
    const last = turns.at(-1);
    if (last === undefined || last["role"] !== content["role"]) turns.push(content);
    else turns[turns.length - 1] = { ...last, parts: [...partsOf(last), ...partsOf(content)] };
  }
  return turns;
}

const partsOf = (content: JsonObject | undefined): JsonObject[] => objects(content?.["parts"]);
const calls = (content: JsonObject | undefined): JsonObject[] =>
  partsOf(content).flatMap((part) =>
    asObject(part["functionCall"]) === undefined ? [] : [Object(part["functionCall"])],
  );
const results = (content: JsonObject | undefined): JsonObject[] =>
  partsOf(content).flatMap((part) =>
    asObject(part["functionResponse"]) === undefined ? [] : [Object(part["functionResponse"])],
  );

function problems({ body, request }: Asked): string[] {
  const contents = turnsOf(body);
  return [
    ...(request.headers["x-goog-api-key"] === undefined ? ["no key"] : []),
    ...unknownMembers(body, KNOWN, "body"),
    ...(contents.length > 0 ? [] : ["contents is not specified"]),
    ...(contents[0]?.["role"] === "model" ? ["contents[0]: a conversation begins with the user"] : []),
    ...objects(body["tools"]).flatMap((tool) => objects(tool["functionDeclarations"]).flatMap(declarationProblems)),
    ...contents.flatMap((content, at) =>
      contentProblems(content, contents[at + 1], contents[at - 1], `contents[${at}]`),
    ),
  ];
}

function declarationProblems(declaration: JsonObject): string[] {
  const known = ["name", "description", "parameters", "parametersJsonSchema", "response", "behavior"];
  return [
    ...nameProblem(declaration["name"], NAME, "function_declarations"),
    ...unknownMembers(declaration, known, "function_declarations"),
    ...schemaProblems(declaration["parameters"], "parameters"),
  ];
}

function schemaProblems(schema: unknown, where: string): string[] {
  const object = asObject(schema);
  if (object === undefined) return [];
  return [
    ...unknownMembers(object, SCHEMA, where),
    ...Object.entries(asObject(object["properties"]) ?? {}).flatMap(([name, each]) =>
      schemaProblems(each, `${where}.${name}`),
    ),
    ...schemaProblems(object["items"], `${where}.items`),
  ];
}

function contentProblems(
  content: JsonObject,
  next: JsonObject | undefined,
  last: JsonObject | undefined,
  where: string,
): string[] {
  const found = unknownMembers(content, ["role", "parts"], where);
  const role = content["role"];
  if (role !== "user" && role !== "model") found.push("Please use a valid role: user, model.");
  if (partsOf(content).length === 0) found.push(`${where}.parts: must not be empty`);
  for (const part of partsOf(content)) {
    found.push(...unknownMembers(part, PART, where));
    const signature = asText(part["thoughtSignature"]);
    if (signature !== undefined && !isOwnSeal(signature) && !NO_SIGNATURE.includes(signature))
      found.push(`${where}: Thought signature is not valid`);
  }
  const [called, answered, before] = [calls(content), results(next), calls(last)];
  if (called.length > 0 && answered.length !== called.length)
    found.push("the number of function response parts must be equal to the number of function call parts");
  if (results(content).length > 0 && before.length === 0)
    found.push(`${where}: a function response must follow a function call`);
  for (const [index, result] of results(content).entries()) {
    found.push(...unknownMembers(result, ["name", "response", "id", "parts", "willContinue", "scheduling"], where));
    if (result["name"] !== before[index]?.["name"])
      found.push(`${where}: a response of ${String(result["name"])} out of place`);
    if (asObject(result["response"]) === undefined) found.push(`${where}: function_response.response must be a struct`);
  }
  return found;
}

function history(body: JsonObject): HistoryStep[] {
  const contents = turnsOf(body);
  return contents.flatMap((content, at) =>
    calls(content).length === 0
      ? []
      : {
          text: partsOf(content)
            .filter((part) => part["thought"] !== true)
            .map((part) => asText(part["text"]) ?? "")
            .join(""),
          calls: calls(content).map((call) => ({
            id: null,
            name: asText(call["name"]) ?? "",
            arguments: call["args"] ?? {},
          })),
          results: results(contents[at + 1]).map((result) => ({
            id: null,
            name: asText(result["name"]) ?? "",
            content: within(result, "response"),
          })),
        },
  );
}
