/** Reasoning beside the content, in each spelling of the vendors of this dialect: read once, lost only where it is sealed. */

import { describe, expect, test } from "bun:test";
import { createAccumulator } from "../../../src/ir/fold.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import { at, type JsonObject } from "../../../src/std/json.ts";
import { MAKER } from "../../harness/dialects.ts";

const { payload } = openai;
const TEXT = { type: "reasoning.text", text: "Hmm.", format: "unknown", index: 0 };
const SUMMARY = { type: "reasoning.summary", summary: "In short.", index: 0 };
const SIGNED = { ...TEXT, signature: "c2ln" };
const SEALED = { type: "reasoning.encrypted", data: "ZW5j", index: 1 };

/** Members of a message or a delta, the text they come to (null: none), and whether something of them is lost elsewhere. */
const ROWS: readonly [JsonObject, string | null, boolean][] = [
  [{ reasoning_content: "Hmm." }, "Hmm.", false],
  [{ reasoning: "Hmm." }, "Hmm.", false],
  [{ reasoning_content: "", reasoning: "Hmm." }, "Hmm.", false],
  [{ reasoning_content: null, reasoning: "Hmm." }, "Hmm.", false],
  [{ reasoning_content: "Hmm.", reasoning: "Hmm.", reasoning_details: [TEXT] }, "Hmm.", false],
  [{ reasoning: "Hmm.", reasoning_details: [TEXT] }, "Hmm.", false],
  [{ reasoning_details: [TEXT, SUMMARY] }, "Hmm.In short.", false],
  [{ reasoning: "Hmm.", reasoning_details: [SIGNED] }, "Hmm.", true],
  [{ reasoning: null, reasoning_details: [SEALED] }, null, true],
  [{ reasoning_details: [] }, null, false],
  [{ reasoning_details: "odd" }, null, false],
];

describe.each(ROWS)("%j", (members, text, isLost) => {
  const wanted = text === null ? [] : [{ type: "reasoning", text }];

  test("in a whole answer", () => {
    const message = { role: "assistant", content: "So.", ...members };
    const { value } = payload.readResponse({ choices: [{ index: 0, message, finish_reason: "stop" }] });
    expect(value.choices[0]?.blocks).toMatchObject([...wanted, { type: "text", text: "So." }]);
    expect(Object.keys(value.choices[0]?.extras ?? {})).toEqual(isLost ? ["message"] : []);
    const context = {
      request: null,
      upstreamModel: "m",
      createdMs: 0,
      newId: () => "0",
      elapsedMs: () => 0,
      inputTokensEstimate: 0,
    };
    expect(payload.writeResponse(value, context).value["choices"]).toMatchObject([
      {
        message: members["reasoning_details"] === undefined ? {} : { reasoning_details: members["reasoning_details"] },
      },
    ]);
  });

  test("in a stream, for reader and tap alike", () => {
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      event: null,
      data: JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, delta, finish_reason }] }),
    });
    const reader = payload.createStreamReader();
    const accumulator = createAccumulator();
    for (const frame of [chunk(members), chunk({ content: "So." }), chunk({}, "stop")]) {
      for (const event of reader.push(frame)) accumulator.push(event);
    }
    expect(accumulator.response().choices[0]?.blocks).toMatchObject([...wanted, { type: "text", text: "So." }]);
    expect(accumulator.losses().map(({ field }) => field)).toEqual(
      isLost ? ["choices[0].delta.reasoning_details"] : [],
    );
    expect(payload.createTap().frame(chunk(members)).meaningful).toBe(text !== null);
  });

  test("in the history, from where it goes back as it was", () => {
    const message = { role: "assistant", content: "So.", ...members };
    const body = { model: "m", messages: [{ role: "user", content: "Hi" }, message] };
    const { value } = payload.readRequest(body);
    const blocks = value.turns[1]?.blocks.filter((block) => block.type !== "reasoning" || block.text !== "");
    expect(blocks).toMatchObject([...wanted, { type: "text", text: "So." }]);
    expect(Object.keys(value.turns[1]?.extras ?? {})).toEqual(isLost ? ["reasoning_details"] : []);
    const written = payload.writeRequest(value, {
      upstreamModel: "m",
      defaultMaxOutputTokens: 9,
      dialect: MAKER,
      maxOutputTokens: null,
    });
    expect(written.losses).toEqual([]);
    expect(at(written.value, "messages", 1, "reasoning_details")).toEqual(members["reasoning_details"]);
  });
});
