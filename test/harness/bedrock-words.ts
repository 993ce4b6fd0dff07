/**
 * What Amazon Bedrock says on the wire: Converse, and Anthropic's events inside InvokeModel's chunks. The messages are framed
 * by the vendor's own codec; a frame is a string of one character per byte.
 */
import { EventStreamCodec } from "@smithy/eventstream-codec";
import type { Said, SaidError, SaidUsage, Trouble, VendorWords } from "./vendor-words.ts";

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => new Uint8Array(Buffer.from(text, "utf8")),
);

const text = (value: string): string => JSON.stringify(value);

function message(headers: Readonly<Record<string, string>>, payload: string): string {
  const strings = Object.entries(headers).map(([name, value]) => [name, { type: "string" as const, value }]);
  const bytes = codec.encode({ headers: Object.fromEntries(strings), body: new Uint8Array(Buffer.from(payload)) });
  return Buffer.from(bytes).toString("latin1");
}

/** The service pads its messages, so that their length tells nothing of the words. */
export function bedrockEvent(type: string, payload: string): string {
  return message({ ":event-type": type, ":content-type": "application/json", ":message-type": "event" }, payload);
}

export function bedrockException(type: string, said: string): string {
  return message(
    { ":exception-type": type, ":content-type": "application/json", ":message-type": "exception" },
    `{"message":${text(said)}}`,
  );
}

const FINISH = { stop: "end_turn", length: "max_tokens", tools: "tool_use" } as const;

function usageOf({ fresh, cacheRead, output }: SaidUsage): string {
  const total = fresh + cacheRead + output;
  return `{"cacheReadInputTokenCount":${cacheRead},"cacheReadInputTokens":${cacheRead},"cacheWriteInputTokenCount":0,"cacheWriteInputTokens":0,"inputTokens":${fresh},"outputTokens":${output},"serverToolUsage":{},"totalTokens":${total}}`;
}

function frames({ pieces, tools, usage, finish }: Said): string[] {
  const all = [bedrockEvent("messageStart", '{"p":"abcdefg","role":"assistant"}')];
  let index = 0;
  const delta = (content: string): string =>
    bedrockEvent("contentBlockDelta", `{"contentBlockIndex":${index},"delta":${content},"p":"abcdefghijk"}`);
  const stop = (): string => bedrockEvent("contentBlockStop", `{"contentBlockIndex":${index++},"p":"abc"}`);
  if (pieces.length > 0) {
    for (const piece of pieces) all.push(delta(`{"text":${text(piece)}}`));
    all.push(stop());
  }
  for (const tool of tools) {
    const half = Math.ceil(tool.arguments.length / 2);
    all.push(
      bedrockEvent(
        "contentBlockStart",
        `{"contentBlockIndex":${index},"p":"ab","start":{"toolUse":{"name":${text(tool.name)},"toolUseId":${text(tool.id)}}}}`,
      ),
    );
    for (const part of [tool.arguments.slice(0, half), tool.arguments.slice(half)]) {
      all.push(delta(`{"toolUse":{"input":${text(part)}}}`));
    }
    all.push(stop());
  }
  all.push(
    bedrockEvent("messageStop", `{"p":"abcdefghijklmnop","stopReason":"${FINISH[finish]}"}`),
    bedrockEvent("metadata", `{"metrics":{"latencyMs":542},"p":"abcd","usage":${usageOf(usage)}}`),
  );
  return all;
}

function body({ pieces, tools, usage, finish }: Said): string {
  const blocks = [
    ...(pieces.length === 0 ? [] : [`{"text":${text(pieces.join(""))}}`]),
    ...tools.map(
      (tool) => `{"toolUse":{"input":${tool.arguments},"name":${text(tool.name)},"toolUseId":${text(tool.id)}}}`,
    ),
  ];
  return `{"metrics":{"latencyMs":1033},"output":{"message":{"content":[${blocks.join(",")}],"role":"assistant"}},"stopReason":"${FINISH[finish]}","usage":${usageOf(usage)}}`;
}

const ERRORS: Readonly<Record<Trouble, { status: number; type: string; message: string }>> = {
  "rate-limited": {
    status: 429,
    type: "ThrottlingException",
    message: "Too many requests, please wait before trying again.",
  },
  overloaded: {
    status: 503,
    type: "ServiceUnavailableException",
    message: "Bedrock is unable to process your request.",
  },
  "server-error": {
    status: 500,
    type: "InternalServerException",
    message: "The system encountered an unexpected error during processing. Try your request again.",
  },
  credential: {
    status: 403,
    type: "UnrecognizedClientException",
    message: "The security token included in the request is invalid.",
  },
  billing: {
    status: 400,
    type: "ServiceQuotaExceededException",
    message: "Your request exceeds the service quota for your account.",
  },
  "model-missing": {
    status: 400,
    type: "ValidationException",
    message: "The provided model identifier is invalid.",
  },
  "context-length": {
    status: 400,
    type: "ValidationException",
    message: "Input is too long for requested model.",
  },
  "too-large": {
    status: 413,
    type: "RequestEntityTooLargeException",
    message: "The request entity is too large.",
  },
  rejected: {
    status: 400,
    type: "ValidationException",
    message: "The text field in the ContentBlock object at messages.0.content.0 is blank.",
  },
};

function error(trouble: Trouble): SaidError {
  const { status, type, message: said } = ERRORS[trouble];
  return {
    status,
    headers: { "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/` },
    body: `{"message":${text(said)}}`,
  };
}

function errorFrame(trouble: Trouble): string {
  const { type, message: said } = ERRORS[trouble];
  return bedrockException(`${type.slice(0, 1).toLowerCase()}${type.slice(1)}`, said);
}

export const BEDROCK_WORDS: VendorWords = {
  protocol: "bedrock",
  path: "/model/test-model/converse",
  isBinary: true,
  namesModel: false,
  body,
  frames,
  handshakeFrames: 1,
  error,
  errorFrame,
  idleFrame: bedrockEvent("contentBlockDelta", '{"contentBlockIndex":0,"delta":{"text":""},"p":"a"}'),
};

const DATA = /^data: (.*)$/m;

/** The events of Anthropic's own stream, one in each chunk. */
export function invokeWords(anthropic: VendorWords): VendorWords {
  const chunk = (frame: string): string => {
    const bytes = Buffer.from(DATA.exec(frame)?.[1] ?? "").toString("base64");
    return bedrockEvent("chunk", `{"bytes":"${bytes}","p":"abcdefghijklm"}`);
  };
  return {
    ...anthropic,
    protocol: "bedrock-invoke",
    path: "/model/test-model/invoke",
    isBinary: true,
    frames: (answer) => anthropic.frames(answer).map(chunk),
    error,
    errorFrame,
    idleFrame: chunk(anthropic.idleFrame),
  };
}
