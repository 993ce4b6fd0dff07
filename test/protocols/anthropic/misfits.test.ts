// A client names a way to think, an effort or instructions between turns that the model behind the name it was given refuses.
import { describe, expect, test } from "bun:test";
import { misfits } from "../../../src/protocols/anthropic/misfits.ts";
import { misfits as misfitsAtBedrock } from "../../../src/protocols/bedrock/misfits.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { speaking } from "../../harness/crossing.ts";
import { makersDialect } from "../../harness/dialects.ts";

const USER = { role: "user", content: [{ type: "text", text: "a" }] };
const CALL = { type: "tool_use", id: "toolu_1", name: "f", input: {} };
const RESULT = { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "ok" }] };
const SIGNED = { type: "thinking", thinking: "Hm.", signature: "c2lnbmVkIGJ5IGNsYXVkZSwgbG9uZyBlbm91Z2g=" };
const TOOLS = [{ name: "f", input_schema: { type: "object" } }];
const BUDGET = { thinking: { type: "enabled", budget_tokens: 2_000 } };
const SYSTEM = { role: "system", content: [{ type: "text", text: "b" }] };
const ADAPTIVE = { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "high" } };

/** What a model is asked, and what it is sent of it; null: the client's own bytes. */
const CASES: readonly (readonly [model: string, asked: JsonObject, sent: JsonObject | null])[] = [
  ["claude-opus-4-8", { ...ADAPTIVE, messages: [USER, SYSTEM] }, null],
  ["claude-opus-4-8", BUDGET, { thinking: { type: "adaptive" }, output_config: { effort: "low" } }],
  ["claude-opus-4-6", BUDGET, null],
  ["claude-opus-4-6", ADAPTIVE, null],
  ["claude-opus-4-6", { messages: [USER, SYSTEM] }, { messages: [USER, { ...SYSTEM, role: "user" }] }],
  ["claude-sonnet-4-5", BUDGET, null],
  ["claude-sonnet-4-5", ADAPTIVE, { thinking: { type: "enabled", budget_tokens: 16_384 }, output_config: undefined }],
  ["claude-sonnet-4-5", { thinking: { type: "disabled" } }, null],
  ["claude-sonnet-4-5", { ...BUDGET, output_config: { effort: "low" } }, { ...BUDGET, output_config: undefined }],
  ["claude-haiku-4-5", { messages: [USER, SYSTEM] }, { messages: [USER, { ...SYSTEM, role: "user" }] }],
  ["claude-3-5-sonnet", BUDGET, { thinking: undefined }],
  ["claude-sonnet-4-5", { ...BUDGET, messages: [USER, { role: "assistant", content: [SIGNED, CALL] }, RESULT] }, null],
  [
    "claude-sonnet-4-5",
    { ...BUDGET, messages: [USER, { role: "assistant", content: [CALL] }, RESULT] },
    { thinking: undefined },
  ],
  ["claude-sonnet-4-5", { ...BUDGET, messages: [USER, { role: "assistant", content: "said" }, USER] }, null],
  ["kimi-k2.5", { ...ADAPTIVE, messages: [USER, SYSTEM] }, null],
  ["kimi-k2.5", { ...BUDGET, messages: [USER, { role: "assistant", content: [CALL] }, RESULT] }, null],
];

const CLEARING = { context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] } };

describe("Messages", () => {
  for (const [model, asked, sent] of CASES) {
    test(`${model} ${JSON.stringify(asked).slice(0, 110)}`, () => {
      const body: JsonObject = {
        model: "m",
        max_tokens: 64_000,
        tools: TOOLS,
        messages: [USER],
        ...CLEARING,
        ...asked,
      };
      const dialect = makersDialect("anthropic", model);
      expect(misfits(body, dialect)).toBe(sent !== null);
      const { payload } = speaking("anthropic");
      const written = payload.writeRequest(payload.readRequest(body).value, {
        upstreamModel: model,
        defaultMaxOutputTokens: 4_096,
        maxOutputTokens: null,
        isMisfit: sent !== null,
        dialect: dialect,
      });
      expect(written.losses.length > 0).toBe(sent !== null);
      const stopped = sent !== null && "thinking" in sent && sent["thinking"] === undefined;
      const wanted = { ...body, model, ...sent, ...(stopped ? { context_management: undefined } : {}) };
      expect(JSON.parse(JSON.stringify(written.value))).toEqual(JSON.parse(JSON.stringify(wanted)));
      // What is sent is what the model takes.
      expect(misfits(JSON.parse(JSON.stringify(written.value)), dialect)).toBe(false);
    });
  }
});

test("Converse: a way to think that the model does not have", () => {
  const asking = (type: string): JsonObject => ({ messages: [], additionalModelRequestFields: { thinking: { type } } });
  const found = [
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "anthropic.claude-opus-4-6-v1",
    "anthropic.claude-opus-4-8",
    "arn:aws:x",
  ].map((model) => [
    model,
    ...["enabled", "adaptive"].map((type) => misfitsAtBedrock(asking(type), makersDialect("bedrock", model))),
  ]);
  expect(found).toEqual([
    ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", false, true],
    ["anthropic.claude-opus-4-6-v1", false, false],
    ["anthropic.claude-opus-4-8", true, false],
    ["arn:aws:x", false, false],
  ]);
});
