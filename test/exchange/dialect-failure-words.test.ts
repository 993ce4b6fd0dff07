// Finish words by which one vendor alone says that it failed are facts of its dialect: before the first word the next lane
// is asked, after it the client sees its own protocol's error.
import { describe, expect, test } from "bun:test";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";
import { answering, byProvider, json, stream } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";
import type { FetchCall } from "../harness/virtual-effects.ts";

const WORD = "gave_up";
const chunk = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const whole = (content: string) =>
  JSON.stringify({
    id: "c1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: WORD }],
  });

function coreOf(said: string, dialect = { ...MAKER, failureWords: ["Gave_Up"] }) {
  const lanes = [laneOf("first/a/m", "openai", { dialect }), laneOf("second/a/m2", "openai", { dialect })];
  const broken = (call: FetchCall) => {
    if (
      !new TextDecoder()
        .decode(call.init.body instanceof Uint8Array ? call.init.body : undefined)
        .includes('"stream":true')
    )
      return json(200, whole(said))(call);
    const words = said === "" ? [] : [{ do: "bytes" as const, bytes: chunk({ content: said }, null) }];
    return stream([...words, { do: "bytes", bytes: `${chunk({}, WORD)}data: [DONE]\n\n` }])(call);
  };
  const answer = byProvider({ first: broken, second: answering(wordsOf("openai"), { pieces: ["SECOND"] }) });
  return createCore({ deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }), answer });
}

describe.each(["openai", "anthropic", "responses"])("a %s client", (protocol) => {
  test.each([true, false])("nothing said yet, streamed %p: the next lane serves", async (streamed) => {
    const got = await coreOf("").ask({
      protocol,
      body: { ...question(protocol, { stream: streamed }), model: "pool" },
    });
    expect([got.status, got.text.includes("SECOND")]).toEqual([200, true]);
  });

  test("words said: the stream ends with the client's error", async () => {
    const core = coreOf("FIRST");
    const got = await core.ask({ protocol, body: { ...question(protocol, { stream: true }), model: "pool" } });
    expect([got.text.includes("FIRST"), got.text.includes("SECOND")]).toEqual([true, false]);
    expect(core.records[0]?.outcome).toBe("cut");
    expect(got.text).toContain("error");
  });

  test("another vendor's word is an ending like any other", async () => {
    const core = coreOf("FIRST", { ...MAKER, failureWords: [] });
    await core.ask({ protocol, body: { ...question(protocol, { stream: true }), model: "pool" } });
    expect(core.records[0]?.outcome).toBe("answered");
  });
});
