// A vendor whose filter took the whole answer leaves its message out. That is an answer which was refused, in every
// client's own words, and no broken one: another lane would be asked what this one refused.
import { describe, expect, test } from "bun:test";
import { createTap } from "../../src/protocols/openai/tap.ts";
import { atPath, type JsonObject } from "../../src/std/json.ts";
import { overTheWire } from "../corpus/meaning.ts";
import { contextFor } from "../corpus/translate.ts";
import { speaking, toClient } from "../harness/crossing.ts";

const RESULTS = { hate: { filtered: true, severity: "high" } };
const CHOICE = { content_filter_results: RESULTS, finish_reason: "content_filter", index: 0, logprobs: null };
const PROMPT = [{ prompt_index: 0, content_filter_results: RESULTS }];
const USAGE = { completion_tokens: 0, prompt_tokens: 9, total_tokens: 9 };

/** Each dialect's word for it, and where it stands. */
const WORDS: Readonly<Record<string, readonly [word: string, ...path: readonly (string | number)[]]>> = {
  anthropic: ["refusal", "stop_reason"],
  openai: ["content_filter", "choices", 0, "finish_reason"],
  responses: ["content_filter", "incomplete_details", "reason"],
  gemini: ["SAFETY", "candidates", 0, "finishReason"],
  bedrock: ["content_filtered", "stopReason"],
};

const MESSAGES: Readonly<Record<string, JsonObject>> = {
  "without a message": {},
  "with a null message": { message: null },
  "with an empty message": { message: {} },
  "with a message of nulls": { message: { role: "assistant", content: null, tool_calls: null } },
};

describe.each(Object.entries(MESSAGES))("a filtered answer %s", (_name, message) => {
  const body = {
    id: "c1",
    model: "m",
    prompt_filter_results: PROMPT,
    choices: [{ ...CHOICE, ...message }],
    usage: USAGE,
  };

  test.each(Object.entries(WORDS))("for a client of %s", (client, [word, ...path]) => {
    const read = speaking("openai").payload.readResponse(overTheWire(body)).value;
    expect(read.choices[0]).toMatchObject({ blocks: [], finish: { reason: "content-filter" } });
    const written = speaking(client).payload.writeResponse(read, contextFor(null)).value;
    expect(atPath(overTheWire(written), path)).toBe(word);
  });

  test("as a relay sees it", () => {
    expect(createTap().body(overTheWire(body))).toMatchObject({ failure: null, finish: "content_filter" });
  });
});

describe.each(["", '"delta":{},', '"delta":null,', '"message":null,'])("a filtered stream with %p", (delta) => {
  const stream = [
    `{"choices":[],"prompt_filter_results":${JSON.stringify(PROMPT)}}`,
    `{"id":"c1","model":"m","choices":[{${delta}"index":0,"finish_reason":"content_filter","content_filter_results":${JSON.stringify(RESULTS)}}]}`,
    "[DONE]",
  ];

  test.each(Object.keys(WORDS))("for a client of %s", (client) => {
    const { response, failure } = toClient("openai", client, stream.map((data) => `data: ${data}\n\n`).join(""));
    expect(failure).toBeNull();
    expect(response.choices[0]?.blocks).toEqual([]);
    expect(["content-filter", "refusal"]).toContain(response.choices[0]?.finish?.reason ?? "none");
  });

  test("as a relay sees it", () => {
    const tap = createTap();
    const notes = stream.map((data) => tap.frame({ event: null, data }));
    expect(notes.map(({ meaningful, finish }) => [meaningful, finish])).toEqual([
      [false, null],
      [true, "content_filter"],
      [false, null],
    ]);
  });
});

test("an answer without a message and without that word is none", () => {
  for (const finish_reason of ["stop", null, "length"]) {
    const body = { choices: [{ index: 0, finish_reason }] };
    expect(() => speaking("openai").payload.readResponse(overTheWire(body))).toThrow("no message");
  }
});
