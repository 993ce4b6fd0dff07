/**
 * The scripted vendor of Converse, and what it refuses (docs.aws.amazon.com, Converse and tool use, read 2026-11-27). Its
 * streams are binary event streams with checksums, written by AWS's own codec.
 */
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { asObject, asText, type JsonObject, at as within } from "../../../src/std/json.ts";
import { type Asked, type Dialect, type Fault, pieces, type Turn } from "./dialect.ts";
import { nameProblem, objects, pairProblems, unknownMembers } from "./rules.ts";
import type { HistoryStep } from "./script.ts";

const KNOWN = [
  ...["messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields"],
  ...[
    "additionalModelResponseFieldPaths",
    "promptVariables",
    "requestMetadata",
    "performanceConfig",
    "outputConfig",
    "serviceTier",
  ],
];
const BLOCK = [
  "text",
  "image",
  "document",
  "video",
  "toolUse",
  "toolResult",
  "guardContent",
  "cachePoint",
  "reasoningContent",
];
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const USAGE = { inputTokens: 12, outputTokens: 7, totalTokens: 22, cacheReadInputTokens: 3, cacheWriteInputTokens: 0 };
const ERRORS: Readonly<Record<Fault, readonly [number, string]>> = {
  rejected: [400, "ValidationException"],
  limited: [429, "ThrottlingException"],
  "bad-key": [403, "UnrecognizedClientException"],
  overloaded: [503, "ServiceUnavailableException"],
  broken: [500, "InternalServerException"],
};
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

export function eventMessage(type: string, body: JsonObject): Uint8Array {
  return codec.encode({
    headers: {
      ":event-type": { type: "string", value: type },
      ":content-type": { type: "string", value: "application/json" },
      ":message-type": { type: "string", value: "event" },
    },
    body: Buffer.from(JSON.stringify({ ...body, p: "abcdefghijkl" })),
  });
}

export const BEDROCK_DIALECT: Dialect = {
  protocol: "bedrock",
  streamType: "application/vnd.amazon.eventstream",
  route(path) {
    const [, model, action] = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path) ?? [];
    return model === undefined ? null : { model: decodeURIComponent(model), stream: action === "converse-stream" };
  },
  problems,
  history,
  idOf: (step, call) => `tooluse_Step${step}Call${call}AbCdEfGhIjKl`,
  whole({ text, calls, reasoning = null }) {
    const content = [
      ...(reasoning === null
        ? []
        : [{ reasoningContent: { reasoningText: { text: reasoning.text, signature: reasoning.seal } } }]),
      ...(text === "" ? [] : [{ text }]),
      ...calls.map((call) => ({ toolUse: { toolUseId: call.id, name: call.name, input: JSON.parse(call.arguments) } })),
    ];
    return JSON.stringify({
      metrics: { latencyMs: 351 },
      output: { message: { content, role: "assistant" } },
      stopReason: calls.length > 0 ? "tool_use" : "end_turn",
      usage: USAGE,
    });
  },
  frames: streamed,
  error(fault, message) {
    const [status, type] = ERRORS[fault];
    return {
      status,
      headers: { "x-amzn-errortype": type, "x-amzn-requestid": "req-vendor-1" },
      body: JSON.stringify({ message }),
    };
  },
};

function streamed({ text, calls, reasoning = null }: Turn): Uint8Array[] {
  const frames = [eventMessage("messageStart", { role: "assistant" })];
  let contentBlockIndex = 0;
  if (reasoning !== null) {
    for (const piece of pieces(reasoning.text))
      frames.push(
        eventMessage("contentBlockDelta", { contentBlockIndex, delta: { reasoningContent: { text: piece } } }),
      );
    const delta = { reasoningContent: { signature: reasoning.seal } };
    frames.push(eventMessage("contentBlockDelta", { contentBlockIndex, delta }));
    frames.push(eventMessage("contentBlockStop", { contentBlockIndex }));
    contentBlockIndex++;
  }
  if (text !== "") {
    // A text block has no start event on this wire.
    for (const piece of pieces(text))
      frames.push(eventMessage("contentBlockDelta", { contentBlockIndex, delta: { text: piece } }));
    frames.push(eventMessage("contentBlockStop", { contentBlockIndex }));
    contentBlockIndex++;
  }
  for (const call of calls) {
    const start = { toolUse: { toolUseId: call.id, name: call.name } };
    frames.push(eventMessage("contentBlockStart", { contentBlockIndex, start }));
    for (const input of pieces(call.arguments))
      frames.push(eventMessage("contentBlockDelta", { contentBlockIndex, delta: { toolUse: { input } } }));
    frames.push(eventMessage("contentBlockStop", { contentBlockIndex }));
    contentBlockIndex++;
  }
  frames.push(eventMessage("messageStop", { stopReason: calls.length > 0 ? "tool_use" : "end_turn" }));
  frames.push(eventMessage("metadata", { usage: USAGE, metrics: { latencyMs: 351 } }));
  return frames;
}

const blocksOf = (message: JsonObject | undefined): JsonObject[] => objects(message?.["content"]);
const members = (message: JsonObject | undefined, name: string): JsonObject[] =>
  blocksOf(message).flatMap((block) => (asObject(block[name]) === undefined ? [] : [Object(block[name])]));
const idsOf = (blocks: readonly JsonObject[]): string[] => blocks.map((block) => asText(block["toolUseId"]) ?? "");

function problems({ body, request }: Asked): string[] {
  const messages = objects(body["messages"]);
  const holdsTools = messages.some((each) => members(each, "toolUse").length + members(each, "toolResult").length > 0);
  const tools = objects(within(body, "toolConfig", "tools"));
  return [
    ...(/^(AWS4-HMAC-SHA256 |Bearer )/.test(request.headers["authorization"] ?? "") ? [] : ["no signature"]),
    ...unknownMembers(body, KNOWN, "body"),
    ...(messages[0]?.["role"] === "user" ? [] : ["A conversation must start with a user message."]),
    ...(holdsTools && tools.length === 0
      ? ["The toolConfig field must be defined when using toolUse and toolResult content blocks."]
      : []),
    // A cache point stands among them.
    ...tools
      .filter((tool) => tool["cachePoint"] === undefined)
      .flatMap((tool) => [
        ...nameProblem(within(tool, "toolSpec", "name"), NAME, "toolSpec"),
        ...(within(tool, "toolSpec", "inputSchema", "json", "type") === "object"
          ? []
          : ["inputSchema.json.type must be object"]),
      ]),
    ...messages.flatMap((message, at) =>
      messageProblems(message, messages[at - 1], messages[at + 1], `messages.${at}`),
    ),
  ];
}

function messageProblems(
  message: JsonObject,
  last: JsonObject | undefined,
  next: JsonObject | undefined,
  where: string,
): string[] {
  const found = unknownMembers(message, ["role", "content"], where);
  const { role } = message;
  if (role !== "user" && role !== "assistant") found.push(`${where}: role ${String(role)} is not allowed`);
  if (last !== undefined && last["role"] === role)
    found.push(`${where}: roles must alternate between user and assistant`);
  if (blocksOf(message).length === 0) found.push(`${where}.content: must not be empty`);
  for (const block of blocksOf(message)) {
    const kinds = Object.keys(block);
    if (kinds.length !== 1) found.push(`${where}: a block is a union of one member, not ${kinds.join(", ")}`);
    found.push(...unknownMembers(block, BLOCK, where));
    if (typeof block["text"] === "string" && block["text"].trim() === "") found.push(`${where}: text is blank`);
  }
  const called = idsOf(members(message, "toolUse"));
  for (const id of called) found.push(...nameProblem(id, NAME, `${where} toolUseId`));
  if (called.length > 0) found.push(...pairProblems(called, idsOf(members(next, "toolResult")), where));
  if (members(message, "toolResult").length > 0 && members(last, "toolUse").length === 0)
    found.push(`${where}: toolResult blocks exceed the toolUse blocks of the previous turn`);
  return found;
}

function history(body: JsonObject): HistoryStep[] {
  const messages = objects(body["messages"]);
  return messages.flatMap((message, at) => {
    const calls = members(message, "toolUse");
    if (calls.length === 0) return [];
    return {
      text: blocksOf(message)
        .map((block) => asText(block["text"]) ?? "")
        .join(""),
      calls: calls.map((call) => ({
        id: asText(call["toolUseId"]) ?? "",
        name: asText(call["name"]) ?? "",
        arguments: call["input"],
      })),
      results: members(messages[at + 1], "toolResult").map((result) => ({
        id: asText(result["toolUseId"]) ?? "",
        name: null,
        content: result["content"],
      })),
    };
  });
}
