/** The `ai` package with its five providers (six protocols): one program, whatever it is pointed at. */
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createCohere } from "@ai-sdk/cohere";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, type LanguageModel, stepCountIs, streamText, tool } from "ai";
import { type SdkClient, toolbox } from "./clients.ts";
import { QUESTION, SYSTEM, TOOLS } from "./script.ts";

type ModelAt = (url: string, model: string) => LanguageModel;

const KEY = "client-key";

export const AI_MODELS: Readonly<Record<string, ModelAt>> = {
  openai: (url, model) => createOpenAI({ baseURL: `${url}/v1`, apiKey: KEY }).chat(model),
  responses: (url, model) => createOpenAI({ baseURL: `${url}/v1`, apiKey: KEY }).responses(model),
  anthropic: (url, model) => createAnthropic({ baseURL: `${url}/v1`, apiKey: KEY })(model),
  gemini: (url, model) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: KEY })(model),
  bedrock: (url, model) => createAmazonBedrock({ baseURL: url, region: "us-east-1", apiKey: KEY })(model),
  cohere: (url, model) => createCohere({ baseURL: `${url}/v2`, apiKey: KEY })(model),
};

const STEPS_MAX = 6;

export const AI_CLIENTS: readonly SdkClient[] = Object.entries(AI_MODELS).map(([protocol, modelAt]) => ({
  name: `ai, ${protocol}`,
  protocol,
  ...(protocol === "cohere" ? { dropsWords: true as const } : {}),
  async loop({ url, model, stream }) {
    const box = toolbox();
    const tools = Object.fromEntries(
      TOOLS.map(({ name, description, schema }) => [
        name,
        tool({
          description,
          inputSchema: jsonSchema<Record<string, unknown>>(schema),
          execute: async (given) => box.run(name, given),
        }),
      ]),
    );
    const asked = {
      model: modelAt(url, model),
      system: SYSTEM,
      prompt: QUESTION,
      tools,
      stopWhen: stepCountIs(STEPS_MAX),
      maxRetries: 0,
      maxOutputTokens: 1_000,
      // Else the history refers to items that only the vendor that stored them could find.
      providerOptions: { openai: { store: false } },
    };
    if (!stream) return { text: (await generateText(asked)).text, calls: box.calls };
    // Without this the package prints a failed stream and gives an empty text.
    let failure: unknown = null;
    const result = streamText({
      ...asked,
      onError: ({ error }) => {
        failure = error;
      },
    });
    const text = await result.text;
    if (failure !== null) throw failure;
    return { text, calls: box.calls };
  },
}));
