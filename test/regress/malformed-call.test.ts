// A call the model wrote wrongly (Gemini: an empty candidate and MALFORMED_FUNCTION_CALL) reached clients of other protocols as
// an answer that is empty and complete, so that an agent just stopped.
import { describe, expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, json, stream } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const usageMetadata = { promptTokenCount: 9, totalTokenCount: 9 };
const answerOf = (finishReason: string, parts: readonly object[] = []) => ({
  candidates: [{ content: parts.length === 0 ? {} : { role: "model", parts }, finishReason, index: 0 }],
  usageMetadata,
  modelVersion: "m",
});
const frame = (value: object): BodyStep => ({ do: "bytes", bytes: `data: ${JSON.stringify(value)}\n\n` });

const WORDS = ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"] as const;
const CLIENTS = ["openai", "anthropic", "responses"] as const;

function coreOf(first: Answer, more: boolean) {
  const lanes = [laneOf("first/a/one", "gemini"), ...(more ? [laneOf("second/a/two", "openai")] : [])];
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
    answer: byProvider({ first, second: answering(wordsOf("openai"), { pieces: ["From the second."] }) }),
  });
}

for (const word of WORDS) {
  for (const streamed of [false, true]) {
    const gave = streamed ? stream([frame(answerOf(word))]) : json(200, JSON.stringify(answerOf(word)));
    describe(`${word}, ${streamed ? "streamed" : "whole"}`, () => {
      test.each([...CLIENTS])("for %s: the next lane answers", async (client) => {
        const core = coreOf(gave, true);
        const got = await core.ask({ protocol: client, body: question(client, { stream: streamed, model: "pool" }) });
        expect(got.text).toContain("From the second.");
        expect(core.records[0]?.attempts.map(({ outcome }) => outcome.toString())).toEqual(["malformed", "answered"]);
      });

      test.each([...CLIENTS])("for %s: with no other lane an error says so", async (client) => {
        const core = coreOf(gave, false);
        const got = await core.ask({ protocol: client, body: question(client, { stream: streamed, model: "pool" }) });
        expect(got.status).toBe(502);
        expect(core.records[0]?.failure).toBe("malformed");
      });

      test("for gemini's own clients, which know the word and ask again: the vendor's bytes", async () => {
        const core = coreOf(gave, true);
        const got = await core.ask({
          protocol: "gemini",
          body: question("gemini", { stream: streamed, model: "pool" }),
        });
        expect(got.status).toBe(200);
        expect(got.text).toContain(word);
      });
    });
  }

  test(`${word} after a thought alone is told as trouble`, async () => {
    const thought = { candidates: [{ content: { role: "model", parts: [{ text: "Hm.", thought: true }] }, index: 0 }] };
    const core = coreOf(stream([frame(thought), frame(answerOf(word))]), false);
    const got = await core.ask({ protocol: "anthropic", body: question("anthropic", { stream: true, model: "pool" }) });
    expect(see("anthropic", got.text).endings).toEqual(["error"]);
  });

  test(`${word} after words is the end of an answer`, async () => {
    const core = coreOf(stream([frame(answerOf(word, [{ text: "So far." }]))]), false);
    const got = await core.ask({ protocol: "anthropic", body: question("anthropic", { stream: true, model: "pool" }) });
    expect(see("anthropic", got.text)).toMatchObject({ text: "So far.", error: null });
  });
}
