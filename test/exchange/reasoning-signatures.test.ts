// Sealed reasoning goes back only to a lane that can open it: between accounts of one vendor, and across protocols.
import { describe, expect, test } from "bun:test";
import { createCore } from "../harness/core.ts";
import { deploymentOf, type LaneOver, laneOf, poolOf } from "../harness/deployments.ts";
import { bodyText, json, stream } from "../harness/scripted-answers.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const SEAL = `gAAAAB${"x".repeat(60)}==`;
const OTHER_SEAL = `gAAAAB${"y".repeat(60)}==`;

const RESPONSE = {
  id: "resp_1",
  object: "response",
  created_at: 1,
  status: "completed",
  model: "m",
  output: [
    { type: "reasoning", id: "rs_1", summary: [], encrypted_content: SEAL },
    {
      type: "message",
      id: "msg_1",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", text: "Hi", annotations: [] }],
    },
  ],
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
};

const sse = (type: string, more: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...more })}\n\n`;

/** Whole or streamed, as it is asked. */
const answers: Answer = (call) => {
  if (JSON.parse(bodyText(call)).stream !== true) return json(200, JSON.stringify(RESPONSE))(call);
  const [reasoning, message] = RESPONSE.output;
  const frames = [
    sse("response.created", { response: { ...RESPONSE, status: "in_progress", output: [] } }),
    sse("response.output_item.done", { output_index: 0, item: reasoning }),
    sse("response.output_text.delta", { output_index: 1, item_id: "msg_1", content_index: 0, delta: "Hi" }),
    sse("response.output_item.done", { output_index: 1, item: message }),
    sse("response.completed", { response: RESPONSE }),
  ];
  return stream(frames.map((bytes) => ({ do: "bytes", bytes })))(call);
};

function coreOf(first: LaneOver, second: LaneOver, egress = "responses") {
  const lanes = [laneOf("p/one/m1", egress, first), laneOf("p/two/m2", egress, second)];
  const targets = [...lanes.map((lane) => poolOf(lane.account, [lane])), poolOf("both", lanes)];
  return createCore({ deployment: deploymentOf({ lanes, targets }), answer: answers });
}

const ask = (target: string, input: unknown, more: object = {}) => ({
  protocol: "responses",
  body: { model: target, input, ...more },
});
const replay = (seal: string): unknown[] => [
  { role: "user", content: "Hello" },
  { type: "reasoning", id: "rs_1", summary: [], encrypted_content: seal },
  { role: "assistant", content: "Hi" },
  { role: "user", content: "And now?" },
];

describe("two accounts that cannot open each other's reasoning", () => {
  for (const streamed of [false, true]) {
    test(`what one sealed (${streamed ? "streamed" : "whole"}) stays out of the other's request, and is told`, async () => {
      const core = coreOf({ sealIssuer: "a-1" }, { sealIssuer: "a-2" });
      await core.ask(ask("one", "Hello", { stream: streamed }));
      const back = await core.ask(ask("one", replay(SEAL)));
      const over = await core.ask(ask("two", replay(SEAL)));
      const [, home, abroad] = core.effects.calls.map(bodyText);
      expect(home).toContain(SEAL);
      expect(back.headers["x-ringmain-losses"]).toBeUndefined();
      expect(abroad).not.toContain(SEAL);
      expect(JSON.parse(abroad ?? "").input.map((item: { role?: string }) => item.role ?? "-")).toEqual([
        "user",
        "assistant",
        "user",
      ]);
      expect(over.status).toBe(200);
      expect(over.headers["x-ringmain-losses"]).toContain("input[].content[0] dropped");
      expect(core.records.at(-1)?.attempts[0]?.way).toBe("relay");
    });
  }

  test("a seal nobody remembers is the client's business: its bytes go as they are", async () => {
    const core = coreOf({ sealIssuer: "a-1" }, { sealIssuer: "a-2" });
    const body = `{"model":"two", "input":${JSON.stringify(replay(OTHER_SEAL))}}`;
    await core.ask({ protocol: "responses", body });
    expect(core.effects.calls.map(bodyText)).toEqual([body.replace('"two"', '"upstream-m2"')]);
  });

  test("strict translation tries the lane that can open it, and refuses where there is none", async () => {
    const core = coreOf({ sealIssuer: "a-1" }, { sealIssuer: "a-2" });
    await core.ask(ask("one", "Hello"));
    const headers = { "x-ringmain-translation": "strict" };
    const refused = await core.ask({ ...ask("two", replay(SEAL)), headers });
    expect([refused.status, refused.headers["x-ringmain-error"]]).toEqual([400, "losses_refused"]);
    for (let turn = 0; turn < 4; turn++) await core.ask({ ...ask("both", replay(SEAL)), headers });
    expect(core.records.slice(-4).map((record) => record.attempts.at(-1)?.lane)).toEqual(Array(4).fill("p/one/m1"));
  });
});

test("accounts that say they open each other's reasoning get the client's own bytes", async () => {
  const core = coreOf({ sealIssuer: "shared" }, { sealIssuer: "shared" });
  await core.ask(ask("one", "Hello"));
  const got = await core.ask(ask("two", replay(SEAL)));
  expect(bodyText(core.effects.calls[1] ?? expect.unreachable())).toContain(SEAL);
  expect(got.headers["x-ringmain-losses"]).toBeUndefined();
});

describe("through a client of another protocol", () => {
  const claude = (content: unknown[]) => ({
    protocol: "anthropic",
    body: {
      model: "one",
      max_tokens: 10,
      messages: [
        { role: "user", content: "Hello" },
        { role: "assistant", content },
        { role: "user", content: "And now?" },
      ],
    },
  });
  const thinking = (signature: string): unknown[] => [
    { type: "thinking", thinking: "", signature },
    { type: "text", text: "Hi" },
  ];

  test("the tag names the account, and only that account gets the value back", async () => {
    const core = coreOf({ sealIssuer: "a-1" }, { sealIssuer: "a-2" });
    const first = await core.ask({
      protocol: "anthropic",
      body: { model: "one", max_tokens: 10, messages: [{ role: "user", content: "Hello" }] },
    });
    const [sealed, text] = JSON.parse(first.text).content;
    expect(sealed).toEqual({ type: "redacted_thinking", data: `rm:e:a-1:${SEAL}` });
    const ask = claude([sealed, text]);
    await core.ask(ask);
    await core.ask({ ...ask, body: { ...ask.body, model: "two" } });
    const [, home, abroad] = core.effects.calls.map(bodyText);
    expect(home).toContain(SEAL);
    expect(abroad).not.toContain(SEAL);
  });

  test("a tagged value never reaches a lane of the client's own protocol", async () => {
    const lane = laneOf("claude/a/m", "anthropic");
    const words = { type: "message", id: "m", role: "assistant", model: "m", content: [], stop_reason: "end_turn" };
    const core = createCore({
      deployment: deploymentOf({ lanes: [lane], targets: [poolOf("one", [lane])] }),
      answer: json(200, JSON.stringify({ ...words, usage: { input_tokens: 1, output_tokens: 1 } })),
    });
    const got = await core.ask(claude(thinking(`rm:e:a-1:${SEAL}`)));
    const sent = bodyText(core.effects.calls[0] ?? expect.unreachable());
    expect(got.status).toBe(200);
    expect(sent).not.toContain("rm:");
    expect(sent).not.toContain(SEAL);
    expect(JSON.parse(sent).messages[1].content).toEqual([{ type: "text", text: "Hi" }]);
    expect(got.headers["x-ringmain-losses"]).toContain("messages[1].content[0]");
  });
});
