// Reasoning that no one signed goes to no Claude, and back as it is to vendors that take it.
import { describe, expect, test } from "bun:test";
import type { Dialect } from "../../src/ir/dialect.ts";
import { UNKNOWN_SERVER } from "../../src/ir/dialect.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { bodyText, json } from "../harness/scripted-answers.ts";

const SEAL = `Eq${"s".repeat(60)}`;
const TOOLS = [{ name: "f", input_schema: { type: "object", properties: {} } }];

const MESSAGE = JSON.stringify({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "m",
  content: [{ type: "text", text: "ok" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
});
const CONVERSE = JSON.stringify({
  output: { message: { role: "assistant", content: [{ text: "ok" }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
});

/** What the lane was sent, and what the client was told. */
async function sentBy(
  protocol: string,
  reasoningBack: Dialect["reasoningBack"],
  body: object,
  ingress = protocol === "bedrock" ? "bedrock" : "anthropic",
) {
  const lane = laneOf("p/one/m", protocol, { dialect: { ...UNKNOWN_SERVER, reasoningBack } });
  const deployment = deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] });
  const core = createCore({ deployment, answer: json(200, protocol === "bedrock" ? CONVERSE : MESSAGE) });
  const answer = await core.ask({ protocol: ingress, body: { model: "pool", ...body } });
  const [call] = core.effects.calls;
  return {
    status: answer.status,
    sent: JSON.parse(call === undefined ? "{}" : bodyText(call)),
    losses: answer.headers["x-ringmain-losses"],
  };
}

const thinking = (more: object) => ({ type: "thinking", thinking: "hm", ...more });
const UNSIGNED: readonly (readonly [string, object])[] = [
  ["empty", thinking({ signature: "" })],
  ["null", thinking({ signature: null })],
  ["missing", thinking({})],
];
const said = (block: object, more: readonly object[] = [{ type: "text", text: "b" }]) => [
  { role: "user", content: "a" },
  { role: "assistant", content: [block, ...more] },
  { role: "user", content: "c" },
];
const loop = (block: object) => [
  { role: "user", content: "a" },
  { role: "assistant", content: [block, { type: "tool_use", id: "t0", name: "f", input: {} }] },
  { role: "user", content: [{ type: "tool_result", tool_use_id: "t0", content: "ok" }] },
];

describe("Messages to Claude", () => {
  for (const [name, block] of UNSIGNED) {
    test(`a signature that is ${name} leaves its block out, and is told`, async () => {
      const { sent, status, losses } = await sentBy("anthropic", "refused", { max_tokens: 9, messages: said(block) });
      expect(status).toBe(200);
      expect(sent.messages[1].content).toEqual([{ type: "text", text: "b" }]);
      expect(losses).toBeDefined();
    });

    test(`nor does a turn of nothing but a block whose signature is ${name} stay`, async () => {
      const { sent } = await sentBy("anthropic", "refused", { max_tokens: 9, messages: said(block, []) });
      expect(sent.messages.map(({ role }: { role: string }) => role)).toEqual(["user", "user"]);
    });

    test(`an open tool loop without it does not think (${name})`, async () => {
      const { sent, losses } = await sentBy("anthropic", "refused", {
        max_tokens: 4096,
        tools: TOOLS,
        messages: loop(block),
        thinking: { type: "enabled", budget_tokens: 2000 },
        context_management: {
          edits: [{ type: "clear_thinking_20251015", keep: "all" }, { type: "clear_tool_uses_20250919" }],
        },
      });
      expect(sent.messages[1].content).toEqual([{ type: "tool_use", id: "t0", name: "f", input: {} }]);
      expect(sent.thinking).toBeUndefined();
      expect(sent.context_management).toEqual({ edits: [{ type: "clear_tool_uses_20250919" }] });
      expect(losses).toContain("thinking");
    });
  }

  test("a model that decides by itself goes on thinking", async () => {
    const { sent } = await sentBy("anthropic", "refused", {
      max_tokens: 4096,
      tools: TOOLS,
      messages: loop(thinking({ signature: "" })),
      thinking: { type: "adaptive" },
    });
    expect(sent.thinking).toEqual({ type: "adaptive" });
  });

  test("what is signed stays, byte for byte", async () => {
    const messages = loop(thinking({ signature: SEAL }));
    const { sent, losses } = await sentBy("anthropic", "refused", {
      max_tokens: 4096,
      messages,
      thinking: { type: "enabled", budget_tokens: 2000 },
    });
    expect(sent.messages).toEqual(messages);
    expect(sent.thinking).toEqual({ type: "enabled", budget_tokens: 2000 });
    expect(losses).toBeUndefined();
  });

  test("Claude at Converse", async () => {
    const { sent, losses } = await sentBy(
      "bedrock",
      "refused",
      { max_tokens: 9, messages: said(thinking({})) },
      "anthropic",
    );
    expect(sent.messages[1].content).toEqual([{ text: "b" }]);
    expect(losses).toBeDefined();
  });
});

describe("Converse to Claude", () => {
  const unsigned = { reasoningContent: { reasoningText: { text: "hm" } } };
  for (const block of [unsigned, { reasoningContent: { reasoningText: { text: "hm", signature: "" } } }]) {
    test(`${JSON.stringify(block)} stays out, and users side by side become one`, async () => {
      const { sent } = await sentBy("bedrock", "refused", {
        messages: [
          { role: "user", content: [{ text: "a" }] },
          { role: "assistant", content: [block] },
          { role: "user", content: [{ text: "c" }] },
        ],
      });
      expect(sent.messages).toEqual([{ role: "user", content: [{ text: "a" }, { text: "c" }] }]);
    });
  }

  test("an open tool loop without it does not think", async () => {
    const { sent } = await sentBy("bedrock", "refused", {
      messages: [
        { role: "user", content: [{ text: "a" }] },
        { role: "assistant", content: [unsigned, { toolUse: { toolUseId: "t0", name: "f", input: {} } }] },
        { role: "user", content: [{ toolResult: { toolUseId: "t0", content: [{ text: "ok" }] } }] },
      ],
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2000 } },
    });
    expect(sent.messages[1].content).toHaveLength(1);
    expect(sent.additionalModelRequestFields?.thinking).toBeUndefined();
  });

  test("other models take it", async () => {
    const messages = [
      { role: "user", content: [{ text: "a" }] },
      { role: "assistant", content: [unsigned, { text: "b" }] },
      { role: "user", content: [{ text: "c" }] },
    ];
    expect((await sentBy("bedrock", "ignored", { messages })).sent.messages).toEqual(messages);
  });
});

describe("vendors of the Messages API that do not sign", () => {
  for (const [name, block] of UNSIGNED) {
    for (const reasoningBack of ["ignored", "required"] as const) {
      test(`get their own back where it is ${reasoningBack}, its signature ${name}`, async () => {
        const messages = loop(block);
        const { sent, losses } = await sentBy("anthropic", reasoningBack, { max_tokens: 9, messages });
        expect(sent.messages).toEqual(messages);
        expect(losses).toBeUndefined();
      });

      test(`and beside what is another vendor's (${reasoningBack}, ${name})`, async () => {
        const foreign = thinking({ thinking: "elsewhere", signature: `rm:s:a-9:${SEAL}` });
        const messages = [...loop(foreign), { role: "assistant", content: [block] }, { role: "user", content: "c" }];
        const { sent } = await sentBy("anthropic", reasoningBack, { max_tokens: 9, messages });
        expect(sent.messages[3].content).toEqual([block]);
        const [first] = sent.messages[1].content;
        if (reasoningBack === "required")
          expect(first).toEqual({ type: "thinking", thinking: "elsewhere", signature: "" });
        else expect(first.type).toBe("tool_use");
      });
    }
  }

  test("get the text of a Chat client where it is required", async () => {
    const messages = [
      { role: "user", content: "a" },
      { role: "assistant", content: "b", reasoning_content: "hm" },
      { role: "user", content: "c" },
    ];
    const { sent } = await sentBy("anthropic", "required", { messages }, "openai");
    expect(sent.messages[1].content).toEqual([thinking({ signature: "" }), { type: "text", text: "b" }]);
  });
});
