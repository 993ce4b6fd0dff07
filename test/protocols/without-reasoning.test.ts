// Bodies for models that do not reason: every word about it goes, its traces in the history too, and nothing else.
import { describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../src/protocols/index.ts";

const USER = { role: "user", content: "Hi." };
const TOLD = { type: "text", text: "Hello." };
const THOUGHT = { type: "thinking", thinking: "Hm.", signature: "c2ln" };
const CONVERSE = { role: "user", content: [{ text: "Hi." }] };
const INPUT = { role: "user", content: "Hi." };

/** `left`: the members that change; null: the member goes. */
const ROWS: Readonly<Record<string, readonly (readonly [body: object, left: object, asked: boolean])[]>> = {
  anthropic: [
    [{ thinking: { type: "enabled", budget_tokens: 1024 }, temperature: 1 }, { thinking: null }, true],
    [{ thinking: { type: "adaptive" }, messages: [USER] }, { thinking: null }, true],
    [{ thinking: { type: "disabled" } }, { thinking: null }, false],
    [{ output_config: { effort: "high" } }, { output_config: null }, true],
    [
      { output_config: { effort: "high", format: { type: "json_schema" } } },
      { output_config: { format: { type: "json_schema" } } },
      true,
    ],
    [
      { context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] } },
      { context_management: null },
      false,
    ],
    [
      {
        context_management: { edits: [{ type: "clear_thinking_20251015" }, { type: "clear_tool_uses_20250919" }] },
      },
      { context_management: { edits: [{ type: "clear_tool_uses_20250919" }] } },
      false,
    ],
    [
      { messages: [USER, { role: "assistant", content: [THOUGHT, TOLD] }, USER] },
      { messages: [USER, { role: "assistant", content: [TOLD] }, USER] },
      false,
    ],
    [
      { messages: [USER, { role: "assistant", content: [{ type: "redacted_thinking", data: "x" }] }, USER] },
      { messages: [USER, USER] },
      false,
    ],
  ],
  openai: [
    [{ reasoning_effort: "low", messages: [USER] }, { reasoning_effort: null }, true],
    [{ reasoning_effort: "none" }, { reasoning_effort: null }, false],
    [{ reasoning: { effort: "high" }, reasoning_effort: "high" }, { reasoning: null, reasoning_effort: null }, true],
    [{ reasoning: { enabled: false } }, { reasoning: null }, false],
  ],
  responses: [
    [{ reasoning: { effort: "medium", summary: "auto" }, input: "Hi." }, { reasoning: null }, true],
    [{ reasoning: { summary: "auto" } }, { reasoning: null }, true],
    [{ reasoning: { effort: "none" } }, { reasoning: null }, false],
    [{ include: ["reasoning.encrypted_content"] }, { include: null }, false],
    [
      { include: ["reasoning.encrypted_content", "message.output_text.logprobs"] },
      { include: ["message.output_text.logprobs"] },
      false,
    ],
    [{ input: [INPUT, { type: "reasoning", summary: [] }, INPUT] }, { input: [INPUT, INPUT] }, false],
  ],
  bedrock: [
    [
      { additionalModelRequestFields: { thinking: { type: "enabled" } }, messages: [CONVERSE] },
      { additionalModelRequestFields: null },
      true,
    ],
    [
      { additionalModelRequestFields: { reasoningConfig: { type: "enabled" }, top_k: 5 } },
      { additionalModelRequestFields: { top_k: 5 } },
      true,
    ],
    [
      { additionalModelRequestFields: { output_config: { effort: "low" }, top_k: 5 } },
      { additionalModelRequestFields: { top_k: 5 } },
      true,
    ],
    [{ outputConfig: { effort: "low" } }, { outputConfig: null }, true],
    [
      { messages: [CONVERSE, { role: "assistant", content: [{ reasoningContent: {} }, { text: "Hello." }] }] },
      { messages: [CONVERSE, { role: "assistant", content: [{ text: "Hello." }] }] },
      false,
    ],
  ],
  gemini: [
    [{ generationConfig: { thinkingConfig: { thinkingBudget: 99 } } }, { generationConfig: null }, true],
    [
      { generation_config: { thinking_config: { thinking_level: "HIGH" }, topK: 5 } },
      { generation_config: { topK: 5 } },
      true,
    ],
    [{ generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }, { generationConfig: null }, false],
  ],
  cohere: [
    [{ thinking: { type: "enabled", token_budget: 5 } }, { thinking: null }, true],
    [{ thinking: { type: "disabled" } }, { thinking: null }, false],
  ],
};

for (const [id, rows] of Object.entries(ROWS)) {
  const payload = Object.values(PROTOCOLS).find((protocol) => protocol.id === id)?.payload;
  describe(id, () => {
    test.each(rows)("%j", (body, left, asked) => {
      const given = structuredClone(body);
      expect(payload?.withoutReasoning({ ...body })).toEqual({ members: { ...left }, asked });
      expect(body).toEqual(given);
    });

    test.each([{}, { messages: 5, input: 5 }, { messages: [null, 5], input: [null] }, { contents: [] }])(
      "%j says nothing about it",
      (body) => {
        expect(payload?.withoutReasoning({ ...body })).toBeNull();
      },
    );
  });
}
