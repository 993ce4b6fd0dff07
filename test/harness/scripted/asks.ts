/** One plain question with each official client, whole or streamed, and what its errors are called: for tests of faults. */
import Anthropic from "@anthropic-ai/sdk";
import {
  BedrockRuntimeServiceException,
  ConverseCommand,
  ConverseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { ApiError, GoogleGenAI } from "@google/genai";
import { APICallError, generateText, streamText } from "ai";
import { CohereError } from "cohere-ai";
import OpenAI from "openai";
import { AI_MODELS } from "./ai-clients.ts";
import { anthropicOf, bedrockOf, cohereOf, openaiOf } from "./clients.ts";
import type { Fault } from "./dialect.ts";
import { QUESTION } from "./script.ts";

export interface Ask {
  readonly url: string;
  readonly model: string;
  readonly retries: number;
}

export interface AskStream extends Ask {
  readonly signal: AbortSignal;
  /** Called with each piece of the text. */
  readonly heard: (text: string) => void;
}

export interface Asker {
  readonly name: string;
  readonly protocol: string;
  /** The text of the answer. */
  ask(given: Ask): Promise<string>;
  /** Resolves when the stream has ended well. */
  stream(given: AskStream): Promise<void>;
  /** What the client makes of each fault: a name of the error's class or code that its users catch. */
  readonly faults: Readonly<Record<Fault, readonly string[]>>;
  /** The name of an error, in the words of `faults`; null: it is no error of this client's own. */
  nameOf(error: unknown): string | null;
}

const MESSAGES = [{ role: "user" as const, content: QUESTION }];

/** Class names as the client exports them: what `instanceof` would find. */
function classOf(error: unknown, base: abstract new (...args: never[]) => unknown): string | null {
  return error instanceof base && error instanceof Error ? error.constructor.name : null;
}

const STAINLESS = {
  rejected: ["BadRequestError"],
  limited: ["RateLimitError"],
  // Converse says 403 of a key it does not know.
  "bad-key": ["AuthenticationError", "PermissionDeniedError"],
  overloaded: ["InternalServerError"],
  broken: ["InternalServerError"],
} as const;

const openaiChat: Asker = {
  name: "openai, chat",
  protocol: "openai",
  faults: STAINLESS,
  nameOf: (error) => classOf(error, OpenAI.APIError),
  async ask({ url, model, retries }) {
    const answer = await openaiOf(url, retries).chat.completions.create({ model, messages: MESSAGES });
    return answer.choices[0]?.message.content ?? "";
  },
  async stream({ url, model, retries, signal, heard }) {
    const params = { model, messages: MESSAGES, stream: true as const };
    for await (const part of await openaiOf(url, retries).chat.completions.create(params, { signal })) {
      heard(part.choices[0]?.delta.content ?? "");
    }
  },
};

const openaiResponses: Asker = {
  name: "openai, responses",
  protocol: "responses",
  faults: STAINLESS,
  nameOf: (error) => classOf(error, OpenAI.APIError),
  async ask({ url, model, retries }) {
    return (await openaiOf(url, retries).responses.create({ model, input: QUESTION })).output_text;
  },
  async stream({ url, model, retries, signal, heard }) {
    const params = { model, input: QUESTION, stream: true as const };
    const stream = await openaiOf(url, retries).responses.create(params, { signal });
    let ending: string | null = null;
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") heard(event.delta);
      if (event.type === "response.completed") ending = event.type;
    }
    if (ending === null) throw new Error("the stream ended without response.completed");
  },
};

const anthropicMessages: Asker = {
  name: "@anthropic-ai/sdk",
  protocol: "anthropic",
  faults: { ...STAINLESS, overloaded: ["OverloadedError", "ServiceUnavailableError"] },
  nameOf: (error) => classOf(error, Anthropic.APIError),
  async ask({ url, model, retries }) {
    const answer = await anthropicOf(url, retries).messages.create({ model, max_tokens: 100, messages: MESSAGES });
    return answer.content.map((block) => (block.type === "text" ? block.text : "")).join("");
  },
  async stream({ url, model, retries, signal, heard }) {
    const params = { model, max_tokens: 100, messages: MESSAGES };
    const stream = anthropicOf(url, retries).messages.stream(params, { signal });
    stream.on("text", heard);
    await stream.finalMessage();
  },
};

const google: Asker = {
  name: "@google/genai",
  protocol: "gemini",
  // One class for all; the status is what its users look at.
  faults: {
    rejected: ["400"],
    limited: ["429"],
    "bad-key": ["401", "403"],
    overloaded: ["503"],
    broken: ["500", "502", "503"],
  },
  nameOf: (error) => (error instanceof ApiError ? String(error.status) : null),
  async ask({ url, model, retries }) {
    return (await googleWith(url, retries).models.generateContent({ model, contents: QUESTION })).text ?? "";
  },
  async stream({ url, model, retries, signal, heard }) {
    const stream = await googleWith(url, retries).models.generateContentStream({
      model,
      contents: QUESTION,
      config: { abortSignal: signal },
    });
    let finish: string | null = null;
    for await (const part of stream) {
      heard(part.text ?? "");
      finish = part.candidates?.[0]?.finishReason ?? finish;
    }
    if (finish === null) throw new Error("the stream ended without a finish reason");
  },
};

function googleWith(url: string, retries: number): GoogleGenAI {
  const retryOptions = retries === 0 ? {} : { retryOptions: { attempts: retries + 1 } };
  return new GoogleGenAI({ apiKey: "client-key", httpOptions: { baseUrl: url, ...retryOptions } });
}

const bedrock: Asker = {
  name: "@aws-sdk/client-bedrock-runtime",
  protocol: "bedrock",
  faults: {
    rejected: ["ValidationException"],
    limited: ["ThrottlingException"],
    "bad-key": ["AccessDeniedException", "UnrecognizedClientException"],
    overloaded: ["ServiceUnavailableException"],
    broken: ["InternalServerException", "ServiceUnavailableException"],
  },
  nameOf: (error) => (error instanceof BedrockRuntimeServiceException ? error.name : null),
  async ask({ url, model, retries }) {
    const client = bedrockOf(url, retries + 1);
    const command = new ConverseCommand({
      modelId: model,
      messages: [{ role: "user", content: [{ text: QUESTION }] }],
    });
    const { output } = await client.send(command).finally(() => client.destroy());
    return (output?.message?.content ?? []).map((block) => block.text ?? "").join("");
  },
  async stream({ url, model, retries, signal, heard }) {
    const client = bedrockOf(url, retries + 1);
    try {
      const messages = [{ role: "user" as const, content: [{ text: QUESTION }] }];
      const { stream } = await client.send(new ConverseStreamCommand({ modelId: model, messages }), {
        abortSignal: signal,
      });
      let stop: string | null = null;
      for await (const event of stream ?? []) {
        heard(event.contentBlockDelta?.delta?.text ?? "");
        stop = event.messageStop?.stopReason ?? stop;
      }
      if (stop === null) throw new Error("the stream ended without messageStop");
    } finally {
      client.destroy();
    }
  },
};

const cohere: Asker = {
  name: "cohere-ai",
  protocol: "cohere",
  faults: {
    rejected: ["BadRequestError"],
    limited: ["TooManyRequestsError"],
    "bad-key": ["UnauthorizedError", "ForbiddenError"],
    overloaded: ["ServiceUnavailableError"],
    broken: ["InternalServerError", "ServiceUnavailableError"],
  },
  nameOf: (error) => classOf(error, CohereError),
  async ask({ url, model, retries }) {
    const { message } = await cohereOf(url).chat({ model, messages: MESSAGES }, { maxRetries: retries });
    return (message.content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
  },
  async stream({ url, model, retries, signal, heard }) {
    const options = { maxRetries: retries, abortSignal: signal };
    let isEnded = false;
    for await (const event of await cohereOf(url).chatStream({ model, messages: MESSAGES }, options)) {
      if (event.type === "content-delta") heard(event.delta?.message?.content?.text ?? "");
      if (event.type === "message-end") isEnded = event.delta?.finishReason === "COMPLETE";
    }
    if (!isEnded) throw new Error("the stream ended without a whole answer");
  },
};

const ai = (protocol: string): Asker => ({
  name: `ai, ${protocol}`,
  protocol,
  faults: {
    rejected: ["400"],
    limited: ["429"],
    "bad-key": ["401", "403"],
    overloaded: ["503", "529"],
    broken: ["500", "502", "503"],
  },
  nameOf: (error) => (APICallError.isInstance(error) ? String(error.statusCode) : null),
  async ask({ url, model, retries }) {
    return (
      await generateText({
        model: modelAt(protocol, url, model),
        prompt: QUESTION,
        maxRetries: retries,
        maxOutputTokens: 100,
      })
    ).text;
  },
  async stream({ url, model, retries, signal, heard }) {
    let failure: unknown = null;
    const { textStream, finishReason } = streamText({
      model: modelAt(protocol, url, model),
      prompt: QUESTION,
      maxRetries: retries,
      maxOutputTokens: 100,
      abortSignal: signal,
      onError: ({ error }) => {
        failure = error;
      },
    });
    for await (const text of textStream) heard(text);
    if (failure !== null) throw failure;
    const reason = await finishReason;
    if (reason !== "stop") throw new Error(`the stream ended with ${reason}`);
  },
});

function modelAt(protocol: string, url: string, model: string) {
  const found = AI_MODELS[protocol];
  if (found === undefined) throw new Error(`the package has no provider of ${protocol}`);
  return found(url, model);
}

export const ASKERS: readonly Asker[] = [
  openaiChat,
  openaiResponses,
  anthropicMessages,
  google,
  bedrock,
  cohere,
  ...Object.keys(AI_MODELS).map(ai),
];
