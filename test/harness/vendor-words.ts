/**
 * What the vendors say on the wire, spelled by hand from their published documentation and never by our own writers,
 * so that a mistake both our reader and our writer make still shows. Shared by in-process scripts and socket vendors.
 */

import type { PROTOCOLS } from "../../src/protocols/index.ts";
import { BEDROCK_WORDS, invokeWords } from "./bedrock-words.ts";

export interface SaidTool {
  readonly id: string;
  readonly name: string;
  /** JSON text of the arguments, sent in two pieces when streamed. */
  readonly arguments: string;
  /** The tool is a custom one: its input is this text, and `arguments` says the same as `{"input": ...}`. */
  readonly freeText?: string;
}

/** What a vendor shows of its reasoning, and the sealed value that goes with it (empty: it seals nothing). */
export interface SaidReasoning {
  readonly text: string;
  readonly seal: string;
}

export interface SaidUsage {
  /** Prompt tokens neither read from nor written to a cache. */
  readonly fresh: number;
  readonly cacheRead: number;
  /** Reasoning included. */
  readonly output: number;
  readonly reasoning: number;
}

export interface Said {
  /** The name the vendor reports. */
  readonly model: string;
  /** Pieces of the text as they are streamed. */
  readonly pieces: readonly string[];
  readonly tools: readonly SaidTool[];
  readonly reasoning?: SaidReasoning | null;
  readonly usage: SaidUsage;
  readonly finish: "stop" | "length" | "tools";
}

export const USAGE: SaidUsage = { fresh: 12, cacheRead: 3, output: 7, reasoning: 2 };

export function said(over: Partial<Said> = {}): Said {
  const tools = over.tools ?? [];
  const finish = tools.length > 0 ? "tools" : "stop";
  return { model: "test-model-2026-01-01", pieces: ["Hel", "lo, ", "wörld."], usage: USAGE, finish, ...over, tools };
}

export const WEATHER_PARIS: SaidTool = {
  id: "call_paris_1",
  name: "get_weather",
  arguments: '{"city":"Paris","unit":"c"}',
};
export const WEATHER_OSLO: SaidTool = { id: "call_oslo_2", name: "get_weather", arguments: '{"city":"Oslo"}' };

export type Trouble =
  | "rate-limited"
  | "overloaded"
  | "server-error"
  | "credential"
  | "billing"
  | "model-missing"
  | "context-length"
  | "too-large"
  | "rejected";

export interface SaidError {
  readonly status: number;
  /** Where the vendor says part of it in headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Speaker = keyof typeof PROTOCOLS;
/** Those whose clients name the model in the body. */
export type BodySpeaker = Exclude<Speaker, "gemini" | "bedrock" | "bedrock-invoke" | "vertex">;

export interface VendorWords<Who extends Speaker = Speaker> {
  readonly protocol: Who;
  /** Path of the chat operation. */
  readonly path: string;
  /** Frames are strings of one character per byte, and not text. */
  readonly isBinary?: boolean;
  body(answer: Said): string;
  /** Every frame of a streamed answer, exact bytes. `usage`: the client asked this vendor to report it. */
  frames(answer: Said, options?: { readonly usage: boolean }): readonly string[];
  /** How many frames of `frames` come before anything a client could read. */
  readonly handshakeFrames: number;
  error(trouble: Trouble): SaidError;
  /** Trouble told inside a 200 stream. */
  errorFrame(trouble: Trouble): string;
  /** A frame that says nothing. */
  readonly idleFrame: string;
  /** False: this vendor's answers name no model. Absent: they do. */
  readonly namesModel?: false;
}

const text = (value: string): string => JSON.stringify(value);

// ---------------------------------------------------------------- Chat Completions

const OPENAI_CREATED = 1_767_225_600;

function openaiUsage({ fresh, cacheRead, output, reasoning }: SaidUsage): string {
  const prompt = fresh + cacheRead;
  return `{"prompt_tokens":${prompt},"completion_tokens":${output},"total_tokens":${prompt + output},"prompt_tokens_details":{"cached_tokens":${cacheRead},"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":${reasoning},"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`;
}

const OPENAI_FINISH = { stop: "stop", length: "length", tools: "tool_calls" } as const;

function openaiChunk(model: string, choices: string, usage: string): string {
  return `data: {"id":"chatcmpl-Test1","object":"chat.completion.chunk","created":${OPENAI_CREATED},"model":${text(model)},"service_tier":"default","system_fingerprint":"fp_test1","choices":[${choices}]${usage},"obfuscation":"x7Q"}\n\n`;
}

function openaiFrames(answer: Said, { usage: reports } = { usage: true }): string[] {
  const { model, pieces, tools, usage, finish, reasoning } = answer;
  const none = reports ? ',"usage":null' : "";
  const delta = (content: string, reason = "null"): string =>
    openaiChunk(model, `{"index":0,"delta":${content},"logprobs":null,"finish_reason":${reason}}`, none);
  const frames = [delta('{"role":"assistant","content":"","refusal":null}')];
  for (const piece of halves(reasoning?.text ?? "")) frames.push(delta(`{"reasoning_content":${text(piece)}}`));
  for (const piece of pieces) frames.push(delta(`{"content":${text(piece)}}`));
  for (const [index, tool] of tools.entries()) {
    if (tool.freeText !== undefined) {
      const custom = `"type":"custom","custom":{"name":${text(tool.name)},"input":""}`;
      frames.push(delta(`{"tool_calls":[{"index":${index},"id":${text(tool.id)},${custom}}]}`));
      for (const piece of halves(tool.freeText)) {
        frames.push(delta(`{"tool_calls":[{"index":${index},"custom":{"input":${text(piece)}}}]}`));
      }
      continue;
    }
    const half = Math.ceil(tool.arguments.length / 2);
    frames.push(
      delta(
        `{"tool_calls":[{"index":${index},"id":${text(tool.id)},"type":"function","function":{"name":${text(tool.name)},"arguments":""}}]}`,
      ),
      delta(`{"tool_calls":[{"index":${index},"function":{"arguments":${text(tool.arguments.slice(0, half))}}}]}`),
      delta(`{"tool_calls":[{"index":${index},"function":{"arguments":${text(tool.arguments.slice(half))}}}]}`),
    );
  }
  frames.push(delta("{}", text(OPENAI_FINISH[finish])));
  if (reports) frames.push(openaiChunk(model, "", `,"usage":${openaiUsage(usage)}`));
  frames.push("data: [DONE]\n\n");
  return frames;
}

/** A text in the two pieces it is streamed in, none of them empty. */
function halves(whole: string): string[] {
  const half = Math.ceil(whole.length / 2);
  return [whole.slice(0, half), whole.slice(half)].filter((piece) => piece !== "");
}

function openaiCall(tool: SaidTool): string {
  const said =
    tool.freeText === undefined
      ? `"type":"function","function":{"name":${text(tool.name)},"arguments":${text(tool.arguments)}}`
      : `"type":"custom","custom":{"name":${text(tool.name)},"input":${text(tool.freeText)}}`;
  return `{"id":${text(tool.id)},${said}}`;
}

function openaiBody({ model, pieces, tools, usage, finish, reasoning }: Said): string {
  const content = pieces.length === 0 ? "null" : text(pieces.join(""));
  const thoughts = reasoning == null ? "" : `,"reasoning_content":${text(reasoning.text)}`;
  const calls = tools.length === 0 ? "" : `,"tool_calls":[${tools.map(openaiCall).join(",")}]`;
  const toolCalls = `${thoughts}${calls}`;
  return `{"id":"chatcmpl-Test1","object":"chat.completion","created":${OPENAI_CREATED},"model":${text(model)},"choices":[{"index":0,"message":{"role":"assistant","content":${content},"refusal":null,"annotations":[]${toolCalls}},"logprobs":null,"finish_reason":"${OPENAI_FINISH[finish]}"}],"usage":${openaiUsage(usage)},"service_tier":"default","system_fingerprint":"fp_test1"}`;
}

const OPENAI_ERRORS: Readonly<Record<Trouble, { status: number; type: string; code: string | null; message: string }>> =
  {
    "rate-limited": {
      status: 429,
      type: "requests",
      code: "rate_limit_exceeded",
      message:
        "Rate limit reached for test-model in organization org-x on requests per min (RPM): Limit 3, Used 3, Requested 1.",
    },
    overloaded: {
      status: 503,
      type: "server_error",
      code: null,
      message: "The engine is currently overloaded, please try again later.",
    },
    "server-error": {
      status: 500,
      type: "server_error",
      code: null,
      message: "The server had an error while processing your request.",
    },
    credential: {
      status: 401,
      type: "invalid_request_error",
      code: "invalid_api_key",
      message: "Incorrect API key provided: test-key-***1.",
    },
    billing: {
      status: 429,
      type: "insufficient_quota",
      code: "insufficient_quota",
      message: "You exceeded your current quota, please check your plan and billing details.",
    },
    "model-missing": {
      status: 404,
      type: "invalid_request_error",
      code: "model_not_found",
      message: "The model `test-model` does not exist or you do not have access to it.",
    },
    "context-length": {
      status: 400,
      type: "invalid_request_error",
      code: "context_length_exceeded",
      message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    },
    "too-large": { status: 413, type: "invalid_request_error", code: null, message: "The request body is too large." },
    rejected: {
      status: 400,
      type: "invalid_request_error",
      code: "invalid_value",
      message: "Invalid value: 'nobody'. Supported values are: 'system', 'assistant', 'user'.",
    },
  };

function openaiError(trouble: Trouble): string {
  const { type, code, message } = OPENAI_ERRORS[trouble];
  return `{\n  "error": {\n    "message": ${text(message)},\n    "type": ${text(type)},\n    "param": null,\n    "code": ${code === null ? "null" : text(code)}\n  }\n}`;
}

export const OPENAI_WORDS: VendorWords<"openai"> = {
  protocol: "openai",
  path: "/v1/chat/completions",
  body: openaiBody,
  frames: openaiFrames,
  handshakeFrames: 1,
  error: (trouble) => ({ status: OPENAI_ERRORS[trouble].status, body: openaiError(trouble) }),
  errorFrame: (trouble) => `data: ${openaiError(trouble).replaceAll(/\n */g, "")}\n\n`,
  idleFrame: openaiChunk(
    "test-model-2026-01-01",
    '{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":null}',
    "",
  ),
};

// ---------------------------------------------------------------- Messages

const ANTHROPIC_FINISH = { stop: "end_turn", length: "max_tokens", tools: "tool_use" } as const;

function event(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`;
}

function anthropicUsage({ fresh, cacheRead, output }: SaidUsage): string {
  return `{"input_tokens":${fresh},"cache_creation_input_tokens":0,"cache_read_input_tokens":${cacheRead},"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":${output},"service_tier":"standard"}`;
}

function anthropicFrames({ model, pieces, tools, usage, finish, reasoning }: Said): string[] {
  const frames = [
    event(
      "message_start",
      `{"type":"message_start","message":{"id":"msg_Test1","type":"message","role":"assistant","model":${text(model)},"content":[],"stop_reason":null,"stop_sequence":null,"usage":${anthropicUsage({ ...usage, output: 1 })}}}`,
    ),
    event("ping", '{"type": "ping"}'),
  ];
  let index = 0;
  const block = (start: string, deltas: readonly string[]): void => {
    frames.push(
      event("content_block_start", `{"type":"content_block_start","index":${index},"content_block":${start}}`),
    );
    for (const delta of deltas)
      frames.push(event("content_block_delta", `{"type":"content_block_delta","index":${index},"delta":${delta}}`));
    frames.push(event("content_block_stop", `{"type":"content_block_stop","index":${index}}`));
    index++;
  };
  if (reasoning != null) {
    block('{"type":"thinking","thinking":"","signature":""}', [
      ...halves(reasoning.text).map((piece) => `{"type":"thinking_delta","thinking":${text(piece)}}`),
      `{"type":"signature_delta","signature":${text(reasoning.seal)}}`,
    ]);
  }
  if (pieces.length > 0) {
    block(
      '{"type":"text","text":""}',
      pieces.map((piece) => `{"type":"text_delta","text":${text(piece)}}`),
    );
  }
  for (const tool of tools) {
    const half = Math.ceil(tool.arguments.length / 2);
    const parts = ["", tool.arguments.slice(0, half), tool.arguments.slice(half)];
    block(
      `{"type":"tool_use","id":${text(tool.id)},"name":${text(tool.name)},"input":{}}`,
      parts.map((part) => `{"type":"input_json_delta","partial_json":${text(part)}}`),
    );
  }
  frames.push(
    event(
      "message_delta",
      `{"type":"message_delta","delta":{"stop_reason":"${ANTHROPIC_FINISH[finish]}","stop_sequence":null},"usage":{"input_tokens":${usage.fresh},"cache_creation_input_tokens":0,"cache_read_input_tokens":${usage.cacheRead},"output_tokens":${usage.output},"output_tokens_details":{"thinking_tokens":${usage.reasoning}}}}`,
    ),
    event("message_stop", '{"type":"message_stop"}'),
  );
  return frames;
}

function anthropicBody({ model, pieces, tools, usage, finish, reasoning }: Said): string {
  const thinking =
    reasoning == null
      ? []
      : [`{"type":"thinking","thinking":${text(reasoning.text)},"signature":${text(reasoning.seal)}}`];
  const blocks = [
    ...thinking,
    ...(pieces.length === 0 ? [] : [`{"type":"text","text":${text(pieces.join(""))}}`]),
    ...tools.map(
      (tool) => `{"type":"tool_use","id":${text(tool.id)},"name":${text(tool.name)},"input":${tool.arguments}}`,
    ),
  ];
  return `{"id":"msg_Test1","type":"message","role":"assistant","model":${text(model)},"content":[${blocks.join(",")}],"stop_reason":"${ANTHROPIC_FINISH[finish]}","stop_sequence":null,"usage":${anthropicUsage(usage)}}`;
}

const ANTHROPIC_ERRORS: Readonly<Record<Trouble, { status: number; type: string; message: string }>> = {
  "rate-limited": {
    status: 429,
    type: "rate_limit_error",
    message: "This request would exceed your organization's rate limit of 50 requests per minute.",
  },
  overloaded: { status: 529, type: "overloaded_error", message: "Overloaded" },
  "server-error": { status: 500, type: "api_error", message: "Internal server error" },
  credential: { status: 401, type: "authentication_error", message: "invalid x-api-key" },
  billing: {
    status: 400,
    type: "invalid_request_error",
    message:
      "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
  },
  "model-missing": { status: 404, type: "not_found_error", message: "model: test-model" },
  "context-length": {
    status: 400,
    type: "invalid_request_error",
    message: "prompt is too long: 201000 tokens > 200000 maximum",
  },
  "too-large": { status: 413, type: "request_too_large", message: "Request exceeds the maximum size" },
  rejected: {
    status: 400,
    type: "invalid_request_error",
    message: 'messages: roles must alternate between "user" and "assistant"',
  },
};

function anthropicError(trouble: Trouble): string {
  const { type, message } = ANTHROPIC_ERRORS[trouble];
  return `{"type":"error","error":{"type":${text(type)},"message":${text(message)}},"request_id":"req_vendor_1"}`;
}

export const ANTHROPIC_WORDS: VendorWords<"anthropic"> = {
  protocol: "anthropic",
  path: "/v1/messages",
  body: anthropicBody,
  frames: anthropicFrames,
  handshakeFrames: 3,
  error: (trouble) => ({ status: ANTHROPIC_ERRORS[trouble].status, body: anthropicError(trouble) }),
  errorFrame: (trouble) => event("error", anthropicError(trouble)),
  idleFrame: event("ping", '{"type": "ping"}'),
};

// ---------------------------------------------------------------- Responses

const RESPONSES_CREATED = 1_767_225_600;

function responsesUsage({ fresh, cacheRead, output, reasoning }: SaidUsage): string {
  const input = fresh + cacheRead;
  return `{"input_tokens":${input},"input_tokens_details":{"cached_tokens":${cacheRead}},"output_tokens":${output},"output_tokens_details":{"reasoning_tokens":${reasoning}},"total_tokens":${input + output}}`;
}

/** `status` and `output` change from event to event; the rest repeats the request. */
function responsesObject(model: string, status: string, output: string, rest: string): string {
  return `{"id":"resp_Test1","object":"response","created_at":${RESPONSES_CREATED},"status":"${status}","background":false,"billing":{"payer":"developer"},"error":null,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,"model":${text(model)},"output":[${output}],"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,"reasoning":{"effort":null,"summary":null},"safety_identifier":null,"service_tier":"default","store":false,"temperature":1.0,"text":{"format":{"type":"text"},"verbosity":"medium"},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1.0,"truncation":"disabled","user":null,"metadata":{}${rest}}`;
}

function responsesMessage(content: string, status: string): string {
  const part = `{"type":"output_text","annotations":[],"logprobs":[],"text":${text(content)}}`;
  return `{"id":"msg_Test1","type":"message","status":"${status}","content":[${status === "completed" ? part : ""}],"role":"assistant"}`;
}

function responsesCall(index: number, tool: SaidTool, status: string): string {
  if (tool.freeText !== undefined) {
    const input = status === "completed" ? tool.freeText : "";
    return `{"id":"ctc_Test${index}","type":"custom_tool_call","status":"${status}","input":${text(input)},"call_id":${text(tool.id)},"name":${text(tool.name)}}`;
  }
  const said = status === "completed" ? tool.arguments : "";
  return `{"id":"fc_Test${index}","type":"function_call","status":"${status}","arguments":${text(said)},"call_id":${text(tool.id)},"name":${text(tool.name)}}`;
}

function responsesEnding(answer: Said): { status: string; rest: string } {
  const details = answer.finish === "length" ? '{"reason":"max_output_tokens"}' : "null";
  const status = answer.finish === "length" ? "incomplete" : "completed";
  return { status, rest: `,"incomplete_details":${details},"usage":${responsesUsage(answer.usage)}` };
}

function responsesReasoning({ text: shown, seal }: SaidReasoning, status: string): string {
  const summary = status === "completed" ? `{"type":"summary_text","text":${text(shown)}}` : "";
  const sealed = status === "completed" && seal !== "" ? `,"encrypted_content":${text(seal)}` : "";
  return `{"id":${text(reasoningId(seal))},"type":"reasoning","summary":[${summary}]${sealed}}`;
}

/** `Test` where nothing is sealed. */
const reasoningId = (seal: string): string => `rs_${seal.replaceAll(/\W/g, "").slice(-24) || "Test"}`;

/** The events of a reasoning item whose summary is shown. */
function responsesReasoningEvents(reasoning: SaidReasoning): [type: string, members: string][] {
  const place = `"item_id":${text(reasoningId(reasoning.seal))},"output_index":0,"summary_index":0`;
  const whole = `"text":${text(reasoning.text)}`;
  return [
    ["response.output_item.added", `"output_index":0,"item":${responsesReasoning(reasoning, "in_progress")}`],
    ["response.reasoning_summary_part.added", `${place},"part":{"type":"summary_text","text":""}`],
    ...halves(reasoning.text).map((piece): [string, string] => [
      "response.reasoning_summary_text.delta",
      `${place},"delta":${text(piece)},"obfuscation":"x7Q"`,
    ]),
    ["response.reasoning_summary_text.done", `${place},${whole}`],
    ["response.reasoning_summary_part.done", `${place},"part":{"type":"summary_text",${whole}}`],
    ["response.output_item.done", `"output_index":0,"item":${responsesReasoning(reasoning, "completed")}`],
  ];
}

function responsesOutput({ pieces, tools, reasoning }: Said): string {
  const thoughts = reasoning == null ? [] : [responsesReasoning(reasoning, "completed")];
  const message = pieces.length === 0 ? [] : [responsesMessage(pieces.join(""), "completed")];
  return [...thoughts, ...message, ...tools.map((tool, index) => responsesCall(index, tool, "completed"))].join(",");
}

function responsesFrames(answer: Said): string[] {
  const { model, pieces, tools, reasoning } = answer;
  const frames: string[] = [];
  const add = (type: string, members: string): void => {
    frames.push(event(type, `{"type":"${type}","sequence_number":${frames.length},${members}}`));
  };
  const started = responsesObject(model, "in_progress", "", ',"incomplete_details":null,"usage":null');
  add("response.created", `"response":${started}`);
  add("response.in_progress", `"response":${started}`);
  let index = 0;
  if (reasoning != null) {
    for (const [type, members] of responsesReasoningEvents(reasoning)) add(type, members);
    index++;
  }
  if (pieces.length > 0) {
    const whole = text(pieces.join(""));
    const place = `"item_id":"msg_Test1","output_index":${index},"content_index":0`;
    add("response.output_item.added", `"output_index":${index},"item":${responsesMessage("", "in_progress")}`);
    add(
      "response.content_part.added",
      `${place},"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}`,
    );
    for (const piece of pieces) {
      add("response.output_text.delta", `${place},"delta":${text(piece)},"logprobs":[],"obfuscation":"x7Q"`);
    }
    add("response.output_text.done", `${place},"text":${whole},"logprobs":[]`);
    add(
      "response.content_part.done",
      `${place},"part":{"type":"output_text","annotations":[],"logprobs":[],"text":${whole}}`,
    );
    add(
      "response.output_item.done",
      `"output_index":${index},"item":${responsesMessage(pieces.join(""), "completed")}`,
    );
    index++;
  }
  for (const [order, tool] of tools.entries()) {
    const [id, kind, member, said] =
      tool.freeText === undefined
        ? [`fc_Test${order}`, "function_call_arguments", "arguments", tool.arguments]
        : [`ctc_Test${order}`, "custom_tool_call_input", "input", tool.freeText];
    const place = `"item_id":"${id}","output_index":${index}`;
    add("response.output_item.added", `"output_index":${index},"item":${responsesCall(order, tool, "in_progress")}`);
    for (const part of halves(said)) {
      add(`response.${kind}.delta`, `${place},"delta":${text(part)},"obfuscation":"x7Q"`);
    }
    add(`response.${kind}.done`, `${place},"${member}":${text(said)}`);
    add("response.output_item.done", `"output_index":${index},"item":${responsesCall(order, tool, "completed")}`);
    index++;
  }
  const { status, rest } = responsesEnding(answer);
  add(`response.${status}`, `"response":${responsesObject(model, status, responsesOutput(answer), rest)}`);
  return frames;
}

export const RESPONSES_WORDS: VendorWords<"responses"> = {
  protocol: "responses",
  path: "/v1/responses",
  body: (answer: Said): string => {
    const { status, rest } = responsesEnding(answer);
    return responsesObject(answer.model, status, responsesOutput(answer), rest);
  },
  frames: responsesFrames,
  // Created, in progress, and an empty message with an empty part.
  handshakeFrames: 4,
  error: OPENAI_WORDS.error,
  errorFrame: (trouble: Trouble): string => {
    const { body } = OPENAI_WORDS.error(trouble);
    return event("error", `{"type":"error","sequence_number":4,${body.replaceAll(/\n */g, "").slice(1)}`);
  },
  idleFrame: event("response.in_progress", '{"type":"response.in_progress","sequence_number":1,"response":{}}'),
};

// ---------------------------------------------------------------- Cohere

const COHERE_FINISH = { stop: "COMPLETE", length: "MAX_TOKENS", tools: "TOOL_CALL" } as const;
const COHERE_ID = "3f1c7a52-9d0e-4b63-8a51-c2d5e6f70819";

function cohereUsage({ fresh, cacheRead, output, reasoning }: SaidUsage): string {
  const input = fresh + cacheRead;
  return `{"billed_units":{"input_tokens":${fresh},"output_tokens":${output}},"tokens":{"input_tokens":${input},"output_tokens":${output},"reasoning_tokens":${reasoning}},"cached_tokens":${cacheRead}}`;
}

function cohereEvent(type: string, members: string): string {
  return event(type, `{"type":"${type}"${members}}`);
}

function cohereFrames({ pieces, tools, usage, finish }: Said): string[] {
  const message = (inner: string): string => `,"delta":{"message":{${inner}}}`;
  const start = message('"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]');
  const frames = [event("message-start", `{"id":"${COHERE_ID}","type":"message-start"${start}}`)];
  if (pieces.length > 0 && tools.length > 0) {
    for (const piece of pieces) {
      frames.push(cohereEvent("tool-plan-delta", message(`"tool_plan":${text(piece)}`)));
    }
  } else if (pieces.length > 0) {
    frames.push(cohereEvent("content-start", `,"index":0${message('"content":{"type":"text","text":""}')}`));
    for (const piece of pieces) {
      frames.push(cohereEvent("content-delta", `,"index":0${message(`"content":{"text":${text(piece)}}`)}`));
    }
    frames.push(cohereEvent("content-end", ',"index":0'));
  }
  for (const [index, tool] of tools.entries()) {
    const half = Math.ceil(tool.arguments.length / 2);
    const place = `,"index":${index}`;
    const called = `"function":{"name":${text(tool.name)},"arguments":""}`;
    frames.push(
      cohereEvent(
        "tool-call-start",
        `${place}${message(`"tool_calls":{"id":${text(tool.id)},"type":"function",${called}}`)}`,
      ),
    );
    for (const part of [tool.arguments.slice(0, half), tool.arguments.slice(half)]) {
      frames.push(
        cohereEvent("tool-call-delta", `${place}${message(`"tool_calls":{"function":{"arguments":${text(part)}}}`)}`),
      );
    }
    frames.push(cohereEvent("tool-call-end", place));
  }
  const end = `,"delta":{"finish_reason":"${COHERE_FINISH[finish]}","usage":${cohereUsage(usage)}}`;
  frames.push(cohereEvent("message-end", end), "data: [DONE]\n\n");
  return frames;
}

function cohereBody({ pieces, tools, usage, finish }: Said): string {
  const calls = tools.map(
    (tool) =>
      `{"id":${text(tool.id)},"type":"function","function":{"name":${text(tool.name)},"arguments":${text(tool.arguments)}}}`,
  );
  const said = text(pieces.join(""));
  const plan = pieces.length === 0 ? "" : `"tool_plan":${said},`;
  const members =
    tools.length === 0 ? `"content":[{"type":"text","text":${said}}]` : `${plan}"tool_calls":[${calls.join(",")}]`;
  return `{"id":"${COHERE_ID}","message":{"role":"assistant",${members}},"finish_reason":"${COHERE_FINISH[finish]}","usage":${cohereUsage(usage)}}`;
}

const COHERE_ERRORS: Readonly<Record<Trouble, { status: number; message: string }>> = {
  "rate-limited": {
    status: 429,
    message: "You are past the per minute request limit, please wait and try again later.",
  },
  overloaded: { status: 503, message: "The model is temporarily unavailable." },
  "server-error": { status: 500, message: "internal server error" },
  credential: { status: 401, message: "invalid api token" },
  billing: {
    status: 402,
    message: "Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue",
  },
  "model-missing": {
    status: 404,
    message:
      "model 'test-model' not found, make sure the correct model ID was used and that you have access to the model.",
  },
  "context-length": {
    status: 400,
    message: "too many tokens: size limit exceeded by 25836 tokens. Try using shorter or fewer inputs.",
  },
  "too-large": { status: 413, message: "request body too large" },
  rejected: { status: 400, message: "invalid request: message must not be empty in a turn" },
};

export const COHERE_WORDS: VendorWords<"cohere"> = {
  protocol: "cohere",
  path: "/v2/chat",
  body: cohereBody,
  frames: cohereFrames,
  // The start of the message, and of an empty part.
  handshakeFrames: 2,
  error: (trouble) => ({
    status: COHERE_ERRORS[trouble].status,
    body: `{"id":"${COHERE_ID}","message":${text(COHERE_ERRORS[trouble].message)}}`,
  }),
  errorFrame: (trouble) =>
    cohereEvent("message-end", `,"delta":{"error":${text(COHERE_ERRORS[trouble].message)},"finish_reason":"ERROR"}`),
  idleFrame: cohereEvent("content-delta", ',"index":0,"delta":{"message":{"content":{"text":""}}}'),
  namesModel: false,
};

// ---------------------------------------------------------------- Gemini

const GEMINI_FINISH = { stop: "STOP", length: "MAX_TOKENS", tools: "STOP" } as const;

function geminiUsage({ fresh, cacheRead, output, reasoning }: SaidUsage): string {
  const prompt = fresh + cacheRead;
  return `{"promptTokenCount":${prompt},"candidatesTokenCount":${output - reasoning},"totalTokenCount":${prompt + output},"cachedContentTokenCount":${cacheRead},"promptTokensDetails":[{"modality":"TEXT","tokenCount":${prompt}}],"thoughtsTokenCount":${reasoning}}`;
}

function geminiFrame(model: string, parts: string, rest: { finish: string; usage: string }): string {
  return `data: {"candidates": [{"content": {"parts": [${parts}],"role": "model"}${rest.finish},"index": 0}],"usageMetadata": ${rest.usage},"modelVersion": ${text(model)},"responseId": "GeminiTest1"}\r\n\r\n`;
}

function geminiCall(tool: SaidTool): string {
  return `{"functionCall": {"name": ${text(tool.name)},"args": ${tool.arguments},"id": ${text(tool.id)}}}`;
}

/** Every frame says how much there is so far; a call comes whole, and the last frame has the finish beside its content. */
function geminiFrames({ model, pieces, tools, usage, finish }: Said): string[] {
  const prompt = usage.fresh + usage.cacheRead;
  const soFar = `{"promptTokenCount": ${prompt},"totalTokenCount": ${prompt},"cachedContentTokenCount": ${usage.cacheRead}}`;
  const parts = [...pieces.map((piece) => `{"text": ${text(piece)}}`), ...tools.map(geminiCall)];
  const last = parts.pop() ?? '{"text": ""}';
  return [
    geminiFrame(model, '{"text": ""}', { finish: "", usage: soFar }),
    ...parts.map((part) => geminiFrame(model, part, { finish: "", usage: soFar })),
    geminiFrame(model, last, {
      finish: `,"finishReason": "${GEMINI_FINISH[finish]}"`,
      usage: geminiUsage(usage),
    }),
  ].map((frame) => frame.replaceAll("\r\n", "\n"));
}

function geminiBody({ model, pieces, tools, usage, finish }: Said): string {
  const said = pieces.length === 0 ? [] : [`{"text":${text(pieces.join(""))}}`];
  const parts = [...said, ...tools.map(geminiCall)].join(",");
  return `{"candidates":[{"content":{"parts":[${parts}],"role":"model"},"finishReason":"${GEMINI_FINISH[finish]}","index":0}],"usageMetadata":${geminiUsage(usage)},"modelVersion":${text(model)},"responseId":"GeminiTest1"}`;
}

const GEMINI_ERRORS: Readonly<Record<Trouble, { code: number; status: string; message: string; details: string }>> = {
  "rate-limited": {
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    message:
      "You exceeded your current quota, please check your plan and billing details.\\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_paid_tier_input_token_count, limit: 1000000",
    details:
      '{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_paid_tier_input_token_count","quotaId":"GenerateContentPaidTierInputTokensPerModelPerMinute","quotaDimensions":{"location":"global","model":"test-model"},"quotaValue":"1000000"}]}',
  },
  overloaded: {
    code: 503,
    status: "UNAVAILABLE",
    message: "The model is overloaded. Please try again later.",
    details: "",
  },
  "server-error": {
    code: 500,
    status: "INTERNAL",
    message: "An internal error has occurred. Please retry.",
    details: "",
  },
  credential: {
    code: 400,
    status: "INVALID_ARGUMENT",
    message: "API key not valid. Please pass a valid API key.",
    details:
      '{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com","metadata":{"service":"generativelanguage.googleapis.com"}}',
  },
  billing: {
    code: 403,
    status: "PERMISSION_DENIED",
    message: "This API method requires billing to be enabled. Please enable billing on project #1 and try again.",
    details:
      '{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"BILLING_DISABLED","domain":"googleapis.com"}',
  },
  "model-missing": {
    code: 404,
    status: "NOT_FOUND",
    message:
      "models/test-model is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.",
    details: "",
  },
  "context-length": {
    code: 400,
    status: "INVALID_ARGUMENT",
    message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    details: "",
  },
  "too-large": {
    code: 400,
    status: "INVALID_ARGUMENT",
    message: "Request payload size exceeds the limit: 20971520 bytes.",
    details: "",
  },
  rejected: {
    code: 400,
    status: "INVALID_ARGUMENT",
    message: "Please use a valid role: user, model.",
    details: "",
  },
};

function geminiError(trouble: Trouble): string {
  const { code, status, message, details } = GEMINI_ERRORS[trouble];
  const said = details === "" ? "" : `,\n    "details": [\n      ${details}\n    ]`;
  return `{\n  "error": {\n    "code": ${code},\n    "message": "${message}",\n    "status": "${status}"${said}\n  }\n}\n`;
}

export const GEMINI_WORDS: VendorWords<"gemini"> = {
  protocol: "gemini",
  path: "/v1beta/models/test-model:generateContent",
  body: geminiBody,
  frames: geminiFrames,
  handshakeFrames: 1,
  error: (trouble) => ({ status: GEMINI_ERRORS[trouble].code, body: geminiError(trouble) }),
  errorFrame: (trouble) => `data: ${geminiError(trouble).replaceAll(/\n */g, "")}\n\n`,
  idleFrame:
    'data: {"candidates": [{"content": {"parts": [{"text": ""}],"role": "model"},"index": 0}],"modelVersion": "test-model-2026-01-01","responseId": "GeminiTest1"}\n\n',
};

export const BODY_WORDS: readonly VendorWords<BodySpeaker>[] = [
  OPENAI_WORDS,
  ANTHROPIC_WORDS,
  RESPONSES_WORDS,
  COHERE_WORDS,
];
export const VENDOR_WORDS: readonly VendorWords[] = [...BODY_WORDS, GEMINI_WORDS];

const VERTEX_WORDS: VendorWords = {
  ...ANTHROPIC_WORDS,
  protocol: "vertex",
  path: "/v1/projects/p/locations/us-east5/publishers/anthropic/models/test-model:rawPredict",
};

/** Those included whose model stands in the path, and whose streams are binary. */
export const ALL_WORDS: readonly VendorWords[] = [
  ...VENDOR_WORDS,
  BEDROCK_WORDS,
  invokeWords(ANTHROPIC_WORDS),
  VERTEX_WORDS,
];

/** Frames as they travel. */
export function bytesSaid(words: VendorWords, frames: string): Uint8Array {
  return new Uint8Array(Buffer.from(frames, words.isBinary === true ? "latin1" : "utf8"));
}

/** The sentence of a vendor's error, wherever its envelope has it. */
export function errorSentence(body: string): string {
  const parsed: { readonly error?: { readonly message: string }; readonly message?: string } = JSON.parse(body);
  return parsed.error?.message ?? parsed.message ?? "";
}

export function wordsOf(protocol: string): VendorWords {
  const found = ALL_WORDS.find((each) => each.protocol === protocol);
  if (found === undefined) throw new Error(`no vendor speaks ${protocol}`);
  return found;
}
