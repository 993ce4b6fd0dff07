// Bodies on the chat path in the shapes of other protocols, as editors send them: read for what they are, told, answered as chat.
import { describe, expect, test } from "bun:test";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, bodyText, byProvider } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const SCHEMA = { type: "object", properties: { path: { type: "string" } } };
const NESTED = { type: "function", function: { name: "read", description: "Reads.", parameters: SCHEMA } };
const FLAT = { type: "function", name: "read", description: "Reads.", parameters: SCHEMA };
const CLAUDE = { name: "read", description: "Reads.", input_schema: SCHEMA };
const CALL = { id: "a", type: "function", function: { name: "read", arguments: '{"path":"x"}' } };
const PLAIN = [
  { role: "user", content: "Look." },
  { role: "assistant", content: null, tool_calls: [CALL] },
  { role: "tool", tool_call_id: "a", content: "1" },
];

const ROWS: readonly (readonly [what: string, body: object, plain: object])[] = [
  ["flat tools", { messages: PLAIN, tools: [FLAT] }, { messages: PLAIN, tools: [NESTED] }],
  [
    "a flat tool among others",
    { messages: PLAIN, tools: [NESTED, FLAT] },
    { messages: PLAIN, tools: [NESTED, NESTED] },
  ],
  [
    "tools and blocks of Messages",
    {
      messages: [
        { role: "user", content: "Look." },
        { role: "assistant", content: [{ type: "tool_use", id: "a", name: "read", input: { path: "x" } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "1" }] },
      ],
      tools: [CLAUDE],
      tool_choice: { type: "any" },
    },
    { messages: PLAIN, tools: [NESTED], tool_choice: "required" },
  ],
  [
    "items of a response",
    {
      input: [
        { role: "user", content: "Look." },
        { type: "reasoning", summary: [] },
        { type: "function_call", call_id: "a", name: "read", arguments: '{"path":"x"}' },
        { type: "function_call_output", call_id: "a", output: "1" },
      ],
      instructions: "Rule.",
      max_output_tokens: 9,
      reasoning: { effort: "low", summary: "auto" },
      tools: [FLAT],
      text: { format: { type: "json_schema", name: "n", schema: SCHEMA } },
    },
    {
      response_format: { type: "json_schema", json_schema: { name: "n", schema: SCHEMA } },
      messages: [{ role: "system", content: "Rule." }, ...PLAIN],
      tools: [NESTED],
      max_completion_tokens: 9,
      reasoning_effort: "low",
    },
  ],
  ["a bare text", { input: "Look." }, { messages: [{ role: "user", content: "Look." }] }],
];

function coreOf(egress: string) {
  const lane = laneOf("p/a/m", egress);
  return createCore({
    deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }),
    answer: byProvider({ p: answering(wordsOf(egress)) }),
  });
}

async function sentFor(egress: string, body: object) {
  const core = coreOf(egress);
  const got = await core.ask({ protocol: "openai", body: { model: "pool", ...body } });
  const [call] = core.effects.calls;
  return { got, sent: call === undefined ? null : JSON.parse(bodyText(call)), losses: core.records[0]?.losses ?? [] };
}

describe.each(ROWS)("%s", (_what, body, plain) => {
  test("relayed: plain Chat, and told", async () => {
    const { got, sent, losses } = await sentFor("openai", body);
    expect(got.status).toBe(200);
    expect(JSON.parse(got.text).object).toBe("chat.completion");
    expect(sent).toEqual({ model: "upstream-m", ...plain });
    expect(losses.map(({ field }) => field)).toContain("messages");
  });

  test.each(["anthropic", "responses"])("translated to %s: what plain Chat becomes", async (egress) => {
    const [odd, even] = await Promise.all([sentFor(egress, body), sentFor(egress, plain)]);
    expect(odd.got.status).toBe(200);
    expect(odd.sent).toEqual(even.sent);
  });
});

test("plain Chat goes as it came", async () => {
  const { sent, losses } = await sentFor("openai", { messages: PLAIN, tools: [NESTED] });
  expect(sent).toEqual({ model: "upstream-m", messages: PLAIN, tools: [NESTED] });
  expect(losses).toEqual([]);
});
