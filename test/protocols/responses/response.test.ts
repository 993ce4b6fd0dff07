/** Whole answers, read and written. */
import { describe, expect, test } from "bun:test";
import { createAccumulator, eventsOf } from "../../../src/ir/fold.ts";
import { type IrBlock, NO_EXTRAS, NO_SPELLING } from "../../../src/ir/request.ts";
import type { FinishReason, IrFinish, IrResponse } from "../../../src/ir/response.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { CONTEXT, call, contextOf, foreignResponse, text, usage } from "./builders.ts";
import { counting } from "./streams.ts";

const { payload } = responses;
const read = (members: JsonObject): IrResponse =>
  payload.readResponse({ id: "resp_1", status: "completed", output: [], ...members }).value;
const said = (value: string) => ({ type: "output_text", text: value, annotations: [], logprobs: [] });
const message = (...content: object[]) => {
  return { id: "msg_1", type: "message", status: "completed", role: "assistant", phase: "final_answer", content };
};

/** Everything an answer may hold. */
const FULL: JsonObject = {
  id: "resp_1",
  object: "response",
  created_at: 1_700_000_000,
  status: "completed",
  model: "m-1",
  service_tier: "default",
  billing: { payer: "developer" },
  incomplete_details: null,
  error: null,
  output: [
    {
      id: "rs_1",
      type: "reasoning",
      summary: [
        { type: "summary_text", text: "A" },
        { type: "summary_text", text: "B" },
      ],
      encrypted_content: "gAAAAA",
    },
    { id: "ws_1", type: "web_search_call", status: "completed", action: { type: "search" } },
    message(
      { ...said("So."), annotations: [{ type: "url_citation", url: "https://x.invalid/", title: "X" }] },
      { ...said("Yes."), logprobs: [{ token: "Yes", logprob: -1 }] },
    ),
    {
      id: "fc_1",
      type: "function_call",
      call_id: "c1",
      name: "look",
      namespace: "n",
      arguments: "{ }",
      status: "completed",
    },
    { id: "ctc_1", type: "custom_tool_call", call_id: "c2", name: "sh", input: "ls" },
  ],
  usage: {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 3,
    output_tokens_details: { reasoning_tokens: 1 },
    total_tokens: 13,
  },
};

describe("read", () => {
  test("everything", () => {
    expect(read(FULL)).toMatchObject({
      sourceProtocol: "responses",
      id: "resp_1",
      model: "m-1",
      createdMs: 1_700_000_000_000,
      serviceTier: "default",
      usage: { freshInputTokens: 6, cacheReadTokens: 4, outputTokens: 3, reasoningTokens: 1 },
      choices: [
        {
          index: 0,
          finish: { reason: "tool-calls", raw: "completed" },
          logprobs: [{ token: "Yes", logprob: -1 }],
          blocks: [
            { type: "reasoning", text: "A\n\nB", encrypted: { issuer: "responses", value: "gAAAAA" } },
            { type: "opaque", sourceProtocol: "responses", name: "web_search_call" },
            { type: "text", text: "So.", citations: [{ url: "https://x.invalid/", title: "X" }] },
            { type: "text", text: "Yes." },
            { type: "tool-call", id: "c1", name: "n__look", kind: "function", arguments: "{ }" },
            { type: "tool-call", id: "c2", name: "sh", kind: "custom", arguments: "ls" },
          ],
        },
      ],
    });
  });

  test("nothing of it is a loss elsewhere", () => {
    expect(Object.keys(read(FULL).extras)).toEqual([]);
  });

  const endings: [JsonObject, unknown][] = [
    [{ output: [message(said("x"))] }, { reason: "stop", raw: "completed" }],
    [{ status: undefined }, { reason: "stop", raw: "completed" }],
    [{ output: [message({ type: "refusal", refusal: "No." })] }, { reason: "refusal", raw: "completed" }],
    [
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      { reason: "length", raw: "max_output_tokens" },
    ],
    [
      { status: "incomplete", incomplete_details: { reason: "content_filter" } },
      { reason: "content-filter", raw: "content_filter" },
    ],
    [{ status: "incomplete" }, { reason: "other", raw: "incomplete" }],
    [{ status: "brand_new" }, { reason: "other", raw: "brand_new" }],
    [{ status: "queued" }, null],
    [{ status: "in_progress" }, null],
  ];
  test.each(endings)("%j", (members, finish) => {
    const found = read(members).choices[0]?.finish ?? null;
    expect(found).toEqual(finish === null ? null : ({ ...(finish as object), stopSequence: null } as IrFinish));
  });

  test("an answer without usage, model, id or time is one all the same", () => {
    expect(payload.readResponse({ output: [] }).value).toMatchObject({
      id: null,
      model: null,
      createdMs: null,
      usage: null,
      serviceTier: null,
    });
  });

  const broken: [JsonObject, string][] = [
    [{ status: "failed" }, "The provider's answer ended as failed, so it is no answer."],
    [{ status: "cancelled" }, "The provider's answer ended as cancelled, so it is no answer."],
    [{ output: undefined }, "The provider's answer holds no output, so it is no answer."],
    [{ output: [5] }, "The provider's answer has no item in output[0]."],
    [{ output: [{}] }, 'output[0].type must name the kind of item, such as "message".'],
    [
      { output: [{ type: "function_call", call_id: "c" }] },
      "output[0].name must be the name of the tool that is called.",
    ],
  ];
  test.each(broken)("%j is none", (members, sentence) => {
    expect(() => read(members)).toThrow(new WireError(sentence));
  });
});

describe("written back", () => {
  test("as it was", () => {
    expect(payload.writeResponse(read(FULL), CONTEXT)).toEqual({ value: FULL, losses: [] });
  });

  test("also what another vendor sealed, which is the client's to keep", () => {
    const output = [{ id: "rs_1", type: "reasoning", summary: [], encrypted_content: "rm:s:anthropic:c2ln" }];
    expect(payload.writeResponse(read({ output }), CONTEXT)).toMatchObject({ value: { output }, losses: [] });
  });

  test("after it was taken apart into events, with what only the vendor said", () => {
    const accumulator = createAccumulator();
    for (const event of eventsOf(read(FULL))) accumulator.push(event);
    const { value, losses } = payload.writeResponse(accumulator.response(), CONTEXT);
    expect(losses).toEqual([]);
    expect(value).toMatchObject({
      id: "resp_1",
      created_at: 1_700_000_000,
      model: "m-1",
      service_tier: "default",
      output: [
        { type: "reasoning", summary: [{ text: "A\n\nB" }], encrypted_content: "gAAAAA" },
        { type: "web_search_call", id: "ws_1" },
        { type: "message", content: [{ text: "So.Yes.", annotations: [{ url: "https://x.invalid/" }] }] },
        { type: "function_call", call_id: "c1", arguments: "{ }" },
        { type: "custom_tool_call", call_id: "c2", input: "ls" },
      ],
    });
  });
});

describe("written for another vendor", () => {
  const answer = (blocks: readonly IrBlock[], reason: FinishReason = "stop", over: Partial<IrResponse> = {}) => {
    const finish = { reason, raw: "theirs", stopSequence: null };
    return foreignResponse({
      choices: [{ index: 0, blocks, finish, logprobs: null, extras: NO_EXTRAS, spelling: NO_SPELLING }],
      ...over,
    });
  };
  const write = (response: IrResponse, context = counting()) => {
    const { value, losses } = payload.writeResponse(response, context);
    return { body: value, lost: losses.map(({ how, field }) => `${how} ${field}`) };
  };

  test("every member the vendor's clients expect", () => {
    const { body, lost } = write(
      answer([text("Hi")], "stop", { usage: usage({ freshInputTokens: 6, cacheReadTokens: 4, outputTokens: 3 }) }),
    );
    expect(lost).toEqual([]);
    expect(body).toEqual({
      id: "resp_2",
      object: "response",
      created_at: 1_700_000_000,
      status: "completed",
      error: null,
      incomplete_details: null,
      background: false,
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      metadata: {},
      model: "their-model",
      output: [
        {
          id: "msg_1",
          type: "message",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", annotations: [], logprobs: [], text: "Hi" }],
        },
      ],
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      prompt_cache_retention: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      service_tier: null,
      store: false,
      temperature: null,
      text: { format: { type: "text" } },
      tool_choice: "auto",
      tools: [],
      top_logprobs: 0,
      top_p: null,
      truncation: "disabled",
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
        output_tokens: 3,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 13,
      },
      user: null,
    });
  });

  test("what the client asked is repeated, and its names restored", () => {
    const look = { type: "function", name: "look", strict: false };
    const asked = {
      instructions: "Be brief.",
      tools: [look, { type: "namespace", name: "n", tools: [look] }],
      tool_choice: { type: "function", name: "look" },
      temperature: 0.5,
      top_p: 0.9,
      text: { format: { type: "json_object" }, verbosity: "low" },
      reasoning: { effort: "low" },
      metadata: { a: "b" },
      user: "u",
    };
    const context = contextOf({ input: "Hi", ...asked });
    expect(write(answer([call("c1", "look"), call("c2", "n__look")]), context).body).toMatchObject({
      ...asked,
      reasoning: { effort: "low", summary: null },
      output: [
        { type: "function_call", name: "look" },
        { type: "function_call", name: "look", namespace: "n" },
      ],
    });
  });

  test("a tool that is called like a flat name keeps it", () => {
    const tools = [
      { type: "function", name: "n__look" },
      { type: "namespace", name: "n", tools: [{ type: "function", name: "look" }] },
    ];
    const [item] = write(answer([call("c1", "n__look")]), contextOf({ input: "Hi", tools })).body[
      "output"
    ] as JsonObject[];
    expect(item).toMatchObject({ name: "n__look" });
    expect(item).not.toHaveProperty("namespace");
  });

  const losses: [string, IrResponse, string[]][] = [
    ["extras", answer([], "stop", { extras: { brand_new: 1 }, spelling: NO_SPELLING }), ["dropped brand_new"]],
    [
      "a prompt nobody counted",
      answer([], "stop", { usage: usage({ outputTokens: 1 }) }),
      ["approximated usage.input_tokens"],
    ],
    ["a finish with no word", answer([text("x")], "pause"), ["approximated status"]],
    [
      "other answers",
      foreignResponse({
        choices: [0, 1].map((index) => {
          return {
            index,
            blocks: [text("x")],
            finish: null,
            logprobs: { content: [] },
            extras: NO_EXTRAS,
            spelling: NO_SPELLING,
          };
        }),
      }),
      ["dropped choices[1]", "dropped choices[0].logprobs", "dropped choices[1].logprobs"],
    ],
    [
      "media",
      answer([
        {
          type: "audio",
          source: { kind: "file", id: "a" },
          format: null,
          transcript: null,
          extras: NO_EXTRAS,
          spelling: NO_SPELLING,
        },
      ]),
      ["dropped answer.audio"],
    ],
  ];
  test.each(losses)("lost: %s", (_name, response, expected) => {
    expect(
      write({ ...response, usage: response.usage ?? usage({ freshInputTokens: 1, outputTokens: 1 }) }).lost,
    ).toEqual(expected);
  });
  test("what nobody counted is estimated, and said to be", () => {
    const { body, lost } = write(answer([text("x")], "stop", { usage: null }));
    expect(body["usage"]).toMatchObject({ input_tokens: 7, output_tokens: 0, total_tokens: 7 });
    expect(lost).toEqual(["approximated usage.input_tokens", "approximated usage.output_tokens"]);
  });
});
