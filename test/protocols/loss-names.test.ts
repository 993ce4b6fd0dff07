// A loss is told in the words of the client's own protocol.
import { expect, test } from "bun:test";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { clientField } from "../../src/protocols/shared/loss-names.ts";
import { request, text } from "../harness/builders.ts";

const INSTRUCTED = request({
  instructions: [{ role: "system", blocks: [text("Be brief")], wasString: true, extras: {}, spelling: {} }],
});

test.each<[keyof typeof PROTOCOLS, Readonly<Record<string, string>>]>([
  [
    "anthropic",
    {
      stop: "stop_sequences",
      "messages[1].content[0]": "messages[1].content[0]",
      "tools[0].parameters": "tools[0].input_schema",
      "system[0].content[0]": "system[0].content[0]",
      user: "metadata.user_id",
    },
  ],
  [
    "openai",
    {
      stop: "stop",
      "messages[1].content[0]": "messages[2].content[0]",
      "system[0].content[0]": "messages[0].content[0]",
      top_k: "top_k",
    },
  ],
  [
    "responses",
    {
      max_tokens: "max_output_tokens",
      "messages[1].content[0]": "input[].content[0]",
      "messages[1].phase": "input[].phase",
      response_format: "text.format",
      "reasoning.context": "reasoning.context",
    },
  ],
  [
    "gemini",
    {
      max_tokens: "generationConfig.maxOutputTokens",
      "messages[1].content[0].signature": "contents[1].parts[0].thoughtSignature",
      "messages[1].content[0].content[2]": "contents[1].parts[0].parts[2]",
      stop: "generationConfig.stopSequences",
    },
  ],
  [
    "bedrock",
    {
      max_tokens: "inferenceConfig.maxTokens",
      "messages[0].content[0].cache_control": "messages[0].content[0].cachePoint",
      "tools[2]": "toolConfig.tools[2]",
    },
  ],
  ["cohere", { top_p: "p", "messages[0].content[0]": "messages[1].content[0]", stop: "stop_sequences" }],
])("%s", (protocol, names) => {
  const { lossNames } = PROTOCOLS[protocol].payload;
  const told = Object.keys(names).map((field) => [field, clientField(field, lossNames, INSTRUCTED)]);
  expect(Object.fromEntries(told)).toEqual(names);
});

test.each(["__proto__", "constructor", "toString", "messages[0].__proto__", "tools[0].constructor"])(
  "a member called %s",
  (field) => {
    for (const { payload } of Object.values(PROTOCOLS)) {
      expect(typeof clientField(field, payload.lossNames, INSTRUCTED)).toBe("string");
      expect(clientField(field, payload.lossNames, INSTRUCTED)).toContain(field.slice(field.lastIndexOf(".") + 1));
    }
  },
);
