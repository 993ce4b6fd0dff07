/**
 * The vendors' official clients, each as a program would use it: a loop that calls the tools until the answer is there,
 * whole answers and streams put together by the client's own means.
 */
import Anthropic from "@anthropic-ai/sdk";
import {
  BedrockRuntimeClient,
  type ContentBlock,
  ConverseCommand,
  ConverseStreamCommand,
  type Message,
  type ToolConfiguration,
} from "@aws-sdk/client-bedrock-runtime";
import { GoogleGenAI, type Part } from "@google/genai";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { CohereClientV2 } from "cohere-ai";
import OpenAI from "openai";
import { asObject, type JsonObject } from "../../../src/std/json.ts";
import { type Outcome, QUESTION, runTool, SYSTEM, TOOLS } from "./script.ts";

/** Where a client is pointed, and what it asks for. */
export interface Loop {
  readonly url: string;
  readonly model: string;
  readonly stream: boolean;
}

export interface SdkClient {
  readonly name: string;
  /** What it speaks to the gateway. */
  readonly protocol: string;
  /** The client leaves the words beside its calls out of its own history. */
  readonly dropsWords?: true;
  loop(given: Loop): Promise<Outcome>;
}

/** More steps than the script has: a loop that never ends is a failure, not a test that hangs. */
const STEPS_MAX = 6;
const KEY = "client-key";

/** Runs a tool as the client asks for it, and keeps what was asked. */
export function toolbox() {
  const calls: (readonly [string, unknown])[] = [];
  return {
    calls,
    run(name: string, given: unknown): JsonObject {
      const asked = asObject(typeof given === "string" ? JSON.parse(given) : given) ?? {};
      calls.push([name, asked]);
      return runTool(name, asked);
    },
  };
}

export const openaiOf = (url: string, maxRetries = 0) => new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries });
export const anthropicOf = (url: string, maxRetries = 0) => new Anthropic({ baseURL: url, apiKey: KEY, maxRetries });
export const googleOf = (url: string) => new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: url } });
export const cohereOf = (url: string) => new CohereClientV2({ token: KEY, environment: url });
/** By itself the client speaks HTTP/2 without TLS to an `http://` address; the other handler is what its users fall back to. */
export const bedrockOf = (url: string, maxAttempts = 1, version: 1 | 2 = 1) =>
  new BedrockRuntimeClient({
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDCLIENT", secretAccessKey: "client-secret" },
    ...(version === 1 ? { requestHandler: new NodeHttpHandler() } : {}),
    maxAttempts,
  });

const openaiChat: SdkClient = {
  name: "openai, chat",
  protocol: "openai",
  async loop({ url, model, stream }) {
    const box = toolbox();
    const tools = TOOLS.map((tool) => ({
      type: "function" as const,
      function: {
        name: tool.name,
        description: tool.description,
        parameters: tool.schema,
        parse: (said: string): object => JSON.parse(said),
        function: (given: object) => box.run(tool.name, given),
      },
    }));
    const messages = [
      { role: "system" as const, content: SYSTEM },
      { role: "user" as const, content: QUESTION },
    ];
    const { completions } = openaiOf(url).chat;
    const runner = stream
      ? completions.runTools({ model, messages, tools, stream: true }, { maxChatCompletions: STEPS_MAX })
      : completions.runTools({ model, messages, tools }, { maxChatCompletions: STEPS_MAX });
    return { text: (await runner.finalContent()) ?? "", calls: box.calls };
  },
};

const openaiResponses: SdkClient = {
  name: "openai, responses",
  protocol: "responses",
  async loop({ url, model, stream }) {
    const box = toolbox();
    const { responses } = openaiOf(url);
    const tools = TOOLS.map(({ name, description, schema }) => ({
      type: "function" as const,
      name,
      description,
      parameters: { ...schema },
      strict: false,
    }));
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: "user", content: QUESTION }];
    for (let step = 0; step < STEPS_MAX; step++) {
      const include: OpenAI.Responses.ResponseIncludable[] = ["reasoning.encrypted_content"];
      const params = { model, input, tools, instructions: SYSTEM, store: false, include };
      const answer = stream ? await responses.stream(params).finalResponse() : await responses.create(params);
      const calls = answer.output.flatMap((item) => (item.type === "function_call" ? [item] : []));
      if (calls.length === 0) return { text: answer.output_text, calls: box.calls };
      for (const item of answer.output) {
        // What the SDK added for its own convenience is not the wire's.
        if (item.type === "function_call") {
          const { id, call_id, name, arguments: said } = item;
          input.push({ type: "function_call", call_id, name, arguments: said, ...(id === undefined ? {} : { id }) });
        } else if (item.type === "message" || item.type === "reasoning") input.push(item);
      }
      for (const call of calls) {
        const output = JSON.stringify(box.run(call.name, call.arguments));
        input.push({ type: "function_call_output", call_id: call.call_id, output });
      }
    }
    throw new Error("the loop did not end");
  },
};

const anthropicMessages: SdkClient = {
  name: "@anthropic-ai/sdk",
  protocol: "anthropic",
  async loop({ url, model, stream }) {
    const box = toolbox();
    const client = anthropicOf(url);
    const tools = TOOLS.map(({ name, description, schema }) => ({
      name,
      description,
      input_schema: schema,
    }));
    const messages: Anthropic.MessageParam[] = [{ role: "user", content: QUESTION }];
    for (let step = 0; step < STEPS_MAX; step++) {
      const params = { model, max_tokens: 1_000, system: SYSTEM, messages, tools };
      const answer = stream
        ? await client.messages.stream(params).finalMessage()
        : await client.messages.create(params);
      const calls = answer.content.filter((block) => block.type === "tool_use");
      const text = answer.content.map((block) => (block.type === "text" ? block.text : "")).join("");
      if (calls.length === 0) return { text, calls: box.calls };
      messages.push({ role: "assistant", content: answer.content });
      messages.push({
        role: "user",
        content: calls.map(({ id, name, input }) => ({
          type: "tool_result",
          tool_use_id: id,
          content: [{ type: "text", text: JSON.stringify(box.run(name, input)) }],
        })),
      });
    }
    throw new Error("the loop did not end");
  },
};

const googleChats: SdkClient = {
  name: "@google/genai",
  protocol: "gemini",
  async loop({ url, model, stream }) {
    const box = toolbox();
    const functionDeclarations = TOOLS.map(({ name, description, schema }) => ({
      name,
      description,
      parametersJsonSchema: schema,
    }));
    const chat = googleOf(url).chats.create({
      model,
      config: { systemInstruction: SYSTEM, tools: [{ functionDeclarations }] },
    });
    let message: string | Part[] = QUESTION;
    for (let step = 0; step < STEPS_MAX; step++) {
      const parts: Part[] = [];
      if (stream) {
        for await (const each of await chat.sendMessageStream({ message })) {
          parts.push(...(each.candidates?.[0]?.content?.parts ?? []));
        }
      } else parts.push(...((await chat.sendMessage({ message })).candidates?.[0]?.content?.parts ?? []));
      const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
      const text = parts.map((part) => (part.thought === true ? "" : (part.text ?? ""))).join("");
      if (calls.length === 0) return { text, calls: box.calls };
      message = calls.map(({ id, name = "", args }) => ({
        functionResponse: { name, response: { ...box.run(name, args) }, ...(id === undefined ? {} : { id }) },
      }));
    }
    throw new Error("the loop did not end");
  },
};

type BedrockInput = NonNullable<ContentBlock.ToolUseMember["toolUse"]["input"]>;

const bedrockConverse = (version: 1 | 2): SdkClient => ({
  name: `@aws-sdk/client-bedrock-runtime, HTTP/${version}`,
  protocol: "bedrock",
  async loop({ url, model, stream }) {
    const box = toolbox();
    const client = bedrockOf(url, 1, version);
    const toolConfig: ToolConfiguration = {
      tools: TOOLS.map(({ name, description, schema }) => ({
        toolSpec: { name, description, inputSchema: { json: JSON.parse(JSON.stringify(schema)) } },
      })),
    };
    const messages: Message[] = [{ role: "user", content: [{ text: QUESTION }] }];
    try {
      for (let step = 0; step < STEPS_MAX; step++) {
        const params = { modelId: model, system: [{ text: SYSTEM }], messages, toolConfig };
        const content = stream
          ? await converseStreamed(client, params)
          : ((await client.send(new ConverseCommand(params))).output?.message?.content ?? []);
        const calls = content.flatMap((block) => block.toolUse ?? []);
        if (calls.length === 0) return { text: content.map((block) => block.text ?? "").join(""), calls: box.calls };
        messages.push({ role: "assistant", content });
        messages.push({
          role: "user",
          content: calls.map(({ toolUseId, name = "", input }) => ({
            toolResult: { toolUseId, content: [{ json: JSON.parse(JSON.stringify(box.run(name, input))) }] },
          })),
        });
      }
      throw new Error("the loop did not end");
    } finally {
      client.destroy();
    }
  },
});

/** The client gives events; putting them together is the program's own work here. */
async function converseStreamed(
  client: BedrockRuntimeClient,
  params: ConstructorParameters<typeof ConverseStreamCommand>[0],
): Promise<ContentBlock[]> {
  const { stream } = await client.send(new ConverseStreamCommand(params));
  const drafts: { text: string; call: { toolUseId: string; name: string; json: string } | null }[] = [];
  let stopReason: string | null = null;
  for await (const event of stream ?? []) {
    const start = event.contentBlockStart;
    const delta = event.contentBlockDelta;
    const index = start?.contentBlockIndex ?? delta?.contentBlockIndex;
    if (index !== undefined) drafts[index] ??= { text: "", call: null };
    const draft = index === undefined ? undefined : drafts[index];
    if (draft !== undefined && start?.start?.toolUse !== undefined) {
      draft.call = { toolUseId: start.start.toolUse.toolUseId ?? "", name: start.start.toolUse.name ?? "", json: "" };
    }
    if (draft !== undefined) draft.text += delta?.delta?.text ?? "";
    if (draft?.call != null) draft.call.json += delta?.delta?.toolUse?.input ?? "";
    stopReason = event.messageStop?.stopReason ?? stopReason;
  }
  if (stopReason === null) throw new Error("the stream ended without messageStop");
  return drafts.flatMap(({ text, call }): ContentBlock[] => {
    if (call === null) return text === "" ? [] : [{ text }];
    const input: BedrockInput = JSON.parse(call.json === "" ? "{}" : call.json);
    return [{ toolUse: { toolUseId: call.toolUseId, name: call.name, input } }];
  });
}

type CohereMessages = Parameters<CohereClientV2["chat"]>[0]["messages"];
type CohereCalls = { id: string; type: "function"; function: { name: string; arguments: string } }[];

const cohereChat: SdkClient = {
  name: "cohere-ai",
  protocol: "cohere",
  async loop({ url, model, stream }) {
    const box = toolbox();
    const client = cohereOf(url);
    const tools = TOOLS.map(({ name, description, schema }) => ({
      type: "function" as const,
      function: { name, description, parameters: { ...schema } },
    }));
    const messages: CohereMessages = [
      { role: "system", content: SYSTEM },
      { role: "user", content: QUESTION },
    ];
    for (let step = 0; step < STEPS_MAX; step++) {
      const params = { model, messages, tools };
      const { text, plan, calls } = stream ? await cohereStreamed(client, params) : await cohereWhole(client, params);
      if (calls.length === 0) return { text, calls: box.calls };
      const words = text === "" ? {} : { content: text };
      messages.push({ role: "assistant", toolCalls: calls, ...(plan === "" ? {} : { toolPlan: plan }), ...words });
      for (const call of calls) {
        const content = JSON.stringify(box.run(call.function.name, call.function.arguments));
        messages.push({ role: "tool", toolCallId: call.id, content });
      }
    }
    throw new Error("the loop did not end");
  },
};

interface CohereAnswer {
  readonly text: string;
  readonly plan: string;
  readonly calls: CohereCalls;
}

type CohereParams = Parameters<CohereClientV2["chat"]>[0];

async function cohereWhole(client: CohereClientV2, params: CohereParams): Promise<CohereAnswer> {
  const { message } = await client.chat(params, { maxRetries: 0 });
  return {
    text: (message.content ?? []).map((part) => (part.type === "text" ? part.text : "")).join(""),
    plan: message.toolPlan ?? "",
    calls: (message.toolCalls ?? []).map(({ id, function: called }) => ({
      id,
      type: "function",
      function: { name: called?.name ?? "", arguments: called?.arguments ?? "" },
    })),
  };
}

async function cohereStreamed(client: CohereClientV2, params: CohereParams): Promise<CohereAnswer> {
  const calls: CohereCalls = [];
  const draft = { text: "", plan: "", isEnded: false };
  for await (const event of await client.chatStream(params, { maxRetries: 0 })) {
    switch (event.type) {
      case "content-delta":
        draft.text += event.delta?.message?.content?.text ?? "";
        break;
      case "tool-plan-delta":
        draft.plan += event.delta?.message?.toolPlan ?? "";
        break;
      case "tool-call-start": {
        const call = event.delta?.message?.toolCalls;
        const { name = "", arguments: said = "" } = call?.function ?? {};
        calls[event.index ?? 0] = { id: call?.id ?? "", type: "function", function: { name, arguments: said } };
        break;
      }
      case "tool-call-delta": {
        const call = calls[event.index ?? 0];
        if (call !== undefined) call.function.arguments += event.delta?.message?.toolCalls?.function?.arguments ?? "";
        break;
      }
      case "message-end":
        draft.isEnded = true;
        break;
      default:
        break;
    }
  }
  if (!draft.isEnded) throw new Error("the stream ended without message-end");
  return { text: draft.text, plan: draft.plan, calls };
}

export const SDK_CLIENTS: readonly SdkClient[] = [
  openaiChat,
  openaiResponses,
  anthropicMessages,
  googleChats,
  bedrockConverse(1),
  bedrockConverse(2),
  cohereChat,
];
