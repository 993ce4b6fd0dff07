// Reasoning of earlier turns in a relayed Chat request: left out where the vendor refuses it, under the name it demands where
// it demands it, and untouched elsewhere. Not a byte beside the messages changes.
import { describe, expect, test } from "bun:test";
import { type Dialect, UNKNOWN_SERVER } from "../../src/ir/dialect.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { answering, bodyText, json } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const CALL = { id: "call_0", type: "function", function: { name: "f", arguments: "{}" } };
const CALLED = { role: "assistant", content: "", tool_calls: [CALL] };
const RESULT = { role: "tool", tool_call_id: "call_0", content: "ok" };
const user = (content: string): object => ({ role: "user", content });
const DETAILS = [{ type: "reasoning.text", text: "Well", index: 0 }];
const SEALED = [{ type: "reasoning.encrypted", data: "x".repeat(40), index: 0 }];
const REST = '"seed":12345678901234567890,"stream":';

async function ask(
  over: Partial<Dialect>,
  messages: readonly object[],
  stream: boolean,
  refusal: string | null = null,
) {
  const lane = laneOf("p/a/m", "openai", { dialect: { ...UNKNOWN_SERVER, ...over } });
  const words = answering(wordsOf("openai"));
  let calls = 0;
  const core = createCore({
    deployment: deploymentOf({ lanes: [lane], metering: "estimate" }),
    answer: (call) => (++calls === 1 && refusal !== null ? json(400, refusal) : words)(call),
  });
  const body = `{"model":"m",${REST}${stream},"messages":${JSON.stringify(messages)}}`;
  const got = await core.ask({ protocol: "openai", body });
  expect(got.status).toBe(200);
  const bodies = core.effects.calls.map(bodyText);
  const sent = bodies.at(-1) ?? "";
  expect(sent).toContain(REST);
  return {
    sent,
    bodies,
    asked: body.replace('"m"', '"upstream-m"'),
    messages: JSON.parse(sent).messages,
    record: core.records[0],
  };
}

/** Members of a message beside its words, and what a vendor that demands reasoning gets of them. */
const SPELLED = [
  ["reasoning_content", { reasoning_content: "Well" }, { reasoning_content: "Well" }],
  ["reasoning", { reasoning: "Well" }, { reasoning_content: "Well" }],
  ["both", { reasoning: "Well", reasoning_content: "Well" }, { reasoning: "Well", reasoning_content: "Well" }],
  ["an empty one beside", { reasoning_content: "", reasoning: "Well" }, { reasoning_content: "Well" }],
  ["null beside", { reasoning_content: null, reasoning: "Well" }, { reasoning_content: "Well" }],
  ["details", { reasoning_details: DETAILS }, { reasoning_details: DETAILS, reasoning_content: "Well" }],
  [
    "details beside",
    { reasoning: "Well", reasoning_details: DETAILS },
    { reasoning_details: DETAILS, reasoning_content: "Well" },
  ],
  ["sealed details", { reasoning_details: SEALED }, { reasoning_details: SEALED }],
  ["an empty text", { reasoning_content: "" }, { reasoning_content: "" }],
  ["null", { reasoning: null }, { reasoning: null }],
  ["another type", { reasoning: { a: 1 } }, { reasoning: { a: 1 } }],
] as const;

const PLACES = [
  ["first", (more: object) => [{ ...CALLED, ...more }, RESULT, user("Hi")]],
  ["in the middle", (more: object) => [user("Hi"), { ...CALLED, ...more }, RESULT, user("Go on")]],
  ["last", (more: object) => [user("Hi"), { role: "assistant", content: "So", ...more }]],
] as const;

describe.each([false, true])("streamed: %p", (stream) => {
  describe.each([...SPELLED])("%s", (_, more, wanted) => {
    test.each([...PLACES])("%s", async (_place, messagesOf) => {
      const given = messagesOf(more);
      const bare = await ask({ reasoningBack: "refused" }, given, stream);
      expect(bare.messages).toEqual(messagesOf({}));
      const isSaid = Object.values(more).some((value) => value !== null && value !== "");
      expect((bare.record?.lossCount ?? 0) > 0).toBe(isSaid);
      const demanded = await ask({ reasoningBack: "required" }, given, stream);
      expect(demanded.messages).toEqual(messagesOf(wanted));
      expect(demanded.record?.lossCount).toBe(0);
      const untouched = await ask({ reasoningBack: "ignored" }, given, stream);
      expect(untouched.sent).toBe(untouched.asked);
    });
  });

  test.each([
    ["null", { content: null }],
    ["empty", { content: "" }],
    ["no parts", { content: [] }],
    ["absent", {}],
  ] as const)("a turn of reasoning alone (content: %s) is no turn without it", async (_, content) => {
    const silent = { role: "assistant", ...content, reasoning: "Well" };
    const { messages } = await ask({ reasoningBack: "refused" }, [user("Hi"), silent, user("Go on")], stream);
    expect(messages).toEqual([user("Hi"), user("Go on")]);
  });

  test("a vendor that turns out to demand it is asked once more", async () => {
    const refusal = `{"error":{"message":"The reasoning_content in the thinking mode must be passed back","type":"invalid_request_error"}}`;
    const given = [user("Hi"), { ...CALLED, reasoning: "Well" }, RESULT];
    const { bodies, messages, record } = await ask({}, given, stream, refusal);
    expect(bodies).toHaveLength(2);
    expect(messages[1]).toEqual({ ...CALLED, reasoning_content: "Well" });
    expect(record?.attempts[0]?.repair).toBe("reasoning_back");
  });

  test("a vendor that turns out to refuse it is asked once more", async () => {
    const refusal = `{"error":{"message":"messages.1.reasoning_content: Extra inputs are not permitted","type":"invalid_request_error"}}`;
    for (const reasoningBack of ["ignored", "required"] as const) {
      const given = [user("Hi"), { ...CALLED, reasoning_content: "Well" }, RESULT];
      const { bodies, messages, record } = await ask({ reasoningBack }, given, stream, refusal);
      expect(bodies).toHaveLength(2);
      expect(messages[1]).toEqual(CALLED);
      expect(record?.attempts[0]?.repair).toBe("no_reasoning_back");
    }
  });
});
