// The bytes of the benchmark: requests, answers and frames of both protocols, about as large as real ones.

export type Dialect = "openai" | "anthropic";

/** Frames of text in one stream; each is one write of the vendor. */
export const STREAM_FRAMES = 200;

export const PATHS = {
  openai: "/v1/chat/completions",
  anthropic: "/v1/messages",
} as const satisfies Record<Dialect, string>;

/** Base URL prefix under which the vendor sends one frame a second, for streams that stay open. */
export const SLOW_PREFIX = "/slow";

const QUESTION = "Summarise the following notes in three sentences and keep every number that is in them. ";

interface BodyInput {
  readonly model: string;
  readonly stream: boolean;
  /** Of the text in all messages together; absent: about 1 KB. */
  readonly bytes?: number;
  /** How many the text is spread over, from the user and the model in turns; absent: one. An odd number. */
  readonly messages?: number;
}

export function requestBody(dialect: Dialect, { model, stream, bytes = 1_000, messages = 1 }: BodyInput): string {
  const content = QUESTION.repeat(Math.ceil(bytes / messages / QUESTION.length)).slice(0, Math.ceil(bytes / messages));
  const said = Array.from({ length: messages }, (_, at) => ({ role: at % 2 === 0 ? "user" : "assistant", content }));
  const common = { model, messages: said, stream, max_tokens: 512, temperature: 0.7 };
  return JSON.stringify(
    dialect === "openai" && stream ? { ...common, stream_options: { include_usage: true } } : common,
  );
}

const ANSWER =
  "The notes say that the pumps ran for 14 hours, that 3 valves were replaced, and that 1 remains. ".repeat(6);

export function answerBody(dialect: Dialect): string {
  return JSON.stringify(
    dialect === "openai"
      ? {
          id: "chatcmpl-A1b2C3d4E5f6G7h8I9j0K1l2",
          object: "chat.completion",
          created: 1_780_000_000,
          model: "bench-model",
          choices: [
            {
              index: 0,
              message: { role: "assistant", content: ANSWER, refusal: null },
              logprobs: null,
              finish_reason: "stop",
            },
          ],
          usage: { prompt_tokens: 210, completion_tokens: 140, total_tokens: 350 },
          system_fingerprint: null,
        }
      : {
          id: "msg_01A1b2C3d4E5f6G7h8I9j0K1",
          type: "message",
          role: "assistant",
          model: "bench-model",
          content: [{ type: "text", text: ANSWER }],
          stop_reason: "end_turn",
          stop_sequence: null,
          usage: { input_tokens: 210, output_tokens: 140 },
        },
  );
}

/** A whole stream, frame by frame: a beginning, STREAM_FRAMES of text, an end. */
export function streamFrames(dialect: Dialect): string[] {
  const words = Array.from({ length: STREAM_FRAMES }, (_, index) => ` word${index}`);
  return dialect === "openai" ? openaiFrames(words) : anthropicFrames(words);
}

function openaiFrames(words: readonly string[]): string[] {
  const head = { id: "chatcmpl-A1b2C3d4E5f6G7h8I9j0K1l2", object: "chat.completion.chunk", created: 1_780_000_000 };
  const chunk = (choices: readonly object[], usage: object | null): string =>
    `data: ${JSON.stringify({ ...head, model: "bench-model", system_fingerprint: null, choices, usage })}\n\n`;
  const choice = (delta: object, finish: string | null) => [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  return [
    chunk(choice({ role: "assistant", content: "", refusal: null }, null), null),
    ...words.map((content) => chunk(choice({ content }, null), null)),
    chunk(choice({}, "stop"), null),
    chunk([], { prompt_tokens: 210, completion_tokens: words.length, total_tokens: 210 + words.length }),
    "data: [DONE]\n\n",
  ];
}

function anthropicFrames(words: readonly string[]): string[] {
  const frame = (data: { type: string }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  const message = {
    id: "msg_01A1b2C3d4E5f6G7h8I9j0K1",
    type: "message",
    role: "assistant",
    model: "bench-model",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 210, output_tokens: 1 },
  };
  const text = (value: string) => ({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text: value },
  });
  const delta = { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null } };
  return [
    frame({ ...{ type: "message_start" }, ...{ message } }),
    frame({ ...{ type: "content_block_start" }, ...{ index: 0, content_block: { type: "text", text: "" } } }),
    ...words.map((word) => frame(text(word))),
    frame({ ...{ type: "content_block_stop" }, ...{ index: 0 } }),
    frame({ ...delta, ...{ usage: { output_tokens: words.length } } }),
    frame({ type: "message_stop" }),
  ];
}

/** One whole request as it goes over the wire. */
export function firstRequest(port: number, key: string): string {
  const body = requestBody("openai", { model: "openai-pool", stream: false });
  const head = `POST ${PATHS.openai} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}`;
  return `${head}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
