// What a request refers to by id is asked only where it can be looked up; nowhere is a 400 that names the member.
import { describe, expect, test } from "bun:test";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { bodyText, json, stream } from "../harness/scripted-answers.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const IMAGE = { type: "input_image", file_id: "file-1" };
const user = (content: unknown): object => ({ role: "user", content });

/** A client's body that holds a reference, and the member that a refusal names. */
const REFERENCES: readonly (readonly [client: string, member: string, body: object])[] = [
  ["responses", "previous_response_id", { input: "Hi", previous_response_id: "resp_1" }],
  ["responses", "previous_response_id", { input: "Hi", previous_response_id: 7 }],
  ["responses", "conversation", { input: "Hi", conversation: "conv_1" }],
  ["responses", "conversation", { input: "Hi", conversation: { id: "conv_1" } }],
  ["responses", "prompt.id", { prompt: { id: "pmpt_1", variables: {} } }],
  ["responses", "input[0].id", { input: [{ type: "item_reference", id: "msg_1" }, user("Hi")] }],
  ["responses", "input[1].id", { input: [user("Hi"), { id: "msg_1" }] }],
  ["responses", "input[1].id", { input: [user("Hi"), { type: null, id: "msg_1" }] }],
  ["responses", "input[0].content[0].file_id", { input: [user([IMAGE])] }],
  [
    "responses",
    "input[1].output[0].file_id",
    {
      input: [
        { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: [{ type: "input_file", file_id: "file-1" }] },
      ],
    },
  ],
  ["openai", "messages[0].content[0].file.file_id", { messages: [user([{ type: "file", file: { file_id: "f" } }])] }],
  [
    "openai",
    "messages[1].audio.id",
    { messages: [user("Hi"), { role: "assistant", audio: { id: "audio_1" } }, user("More")] },
  ],
  ["anthropic", "container", { messages: [user("Hi")], container: "container_1" }],
  ["anthropic", "container", { messages: [user("Hi")], container: { id: "container_1", skills: [] } }],
  [
    "anthropic",
    "messages[0].content[0].source.file_id",
    { messages: [user([{ type: "document", source: { type: "file", file_id: "file_1" } }])] },
  ],
  [
    "anthropic",
    "messages[1].content[0].content[0].source.file_id",
    {
      messages: [
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "f", input: {} }] },
        user([
          {
            type: "tool_result",
            tool_use_id: "t",
            content: [{ type: "image", source: { type: "file", file_id: "file_1" } }],
          },
        ]),
      ],
    },
  ],
  [
    "anthropic",
    "messages[0].content[0].file_id",
    {
      messages: [
        user([
          { type: "container_upload", file_id: "file_1" },
          { type: "text", text: "Hi" },
        ]),
      ],
    },
  ],
  ["gemini", "cachedContent", { contents: [{ parts: [{ text: "Hi" }] }], cachedContent: "cachedContents/1" }],
  ["gemini", "cachedContent", { contents: [{ parts: [{ text: "Hi" }] }], cached_content: "cachedContents/1" }],
  [
    "gemini",
    "contents[0].parts[0].fileData.fileUri",
    { contents: [{ parts: [{ fileData: { mimeType: "image/png", fileUri: "gs://b/o.png" } }, { text: "Hi" }] }] },
  ],
];

/** Nothing is referred to. */
const WHOLE: typeof REFERENCES = [
  ["responses", "previous_response_id", { input: "Hi", previous_response_id: null, conversation: null, prompt: null }],
  ["responses", "previous_response_id", { input: "Hi", previous_response_id: "" }],
  ["responses", "", { input: [{ id: "msg_1", role: "assistant", content: "Hi" }, user("More")] }],
  ["responses", "", { input: [user([{ ...IMAGE, image_url: "https://a.example/b.png" }])] }],
  ["anthropic", "", { messages: [user("Hi")], container: { skills: [] } }],
  ["gemini", "", { contents: [{ parts: [{ fileData: { fileUri: "https://a.example/b.png" } }] }], cachedContent: "" }],
];

const LANES = [
  laneOf("p/o/openai", "openai"),
  laneOf("p/r/responses", "responses"),
  laneOf("p/a/anthropic", "anthropic"),
  laneOf("p/g/gemini", "gemini"),
  laneOf("p/b/bedrock", "bedrock"),
  laneOf("p/c/cohere", "cohere"),
];
/** Files of one store, in both dialects of its vendor. */
const SHARED: Readonly<Record<string, string>> = { openai: "responses", responses: "openai" };
const isFile = (body: object): boolean => /"(input_file|file)"/.test(JSON.stringify(body));

function mixedCore(): ReturnType<typeof createCore> {
  const targets = [poolOf("all", LANES), ...LANES.map((lane) => poolOf(lane.model, [lane]))];
  return createCore({ deployment: deploymentOf({ lanes: LANES, targets }), answer: json(503, "{}") });
}

describe("what a request refers to", () => {
  for (const [client, member, body] of REFERENCES) {
    test(`${client} ${member} in ${JSON.stringify(body).slice(0, 60)}: a lane of another protocol refuses`, async () => {
      for (const { model: protocol } of LANES) {
        if (protocol === client || (isFile(body) && SHARED[client] === protocol)) continue;
        for (const streamed of [false, true]) {
          const core = mixedCore();
          const stream = client === "gemini" ? {} : { stream: streamed };
          const got = await core.ask({
            protocol: client,
            body: { model: protocol, max_tokens: 9, ...body, ...stream },
          });
          expect(`${protocol} ${got.status}`).toBe(`${protocol} 400`);
          expect(got.text).toContain(member);
          if (client === "responses" || client === "openai") expect(JSON.parse(got.text).error.param).toBe(member);
          expect(core.effects.calls.length).toBe(0);
          expect(core.records[0]?.skipped.map(({ because }) => because)).toEqual(["held-elsewhere"]);
        }
      }
    });

    test(`${client} ${member} in ${JSON.stringify(body).slice(0, 60)}: a pool keeps the lanes that can`, async () => {
      const core = mixedCore();
      await core.ask({ protocol: client, body: { model: "all", max_tokens: 9, ...body } });
      const tried = core.records[0]?.attempts.map(({ lane }) => lane.split("/")[2] ?? "") ?? [];
      expect(tried.length).toBe(1);
      const able = isFile(body) && client in SHARED ? [client, SHARED[client]] : [client];
      expect(able).toContain(tried[0]);
    });
  }

  for (const [client, , body] of WHOLE) {
    test(`${client} ${JSON.stringify(body).slice(0, 60)} refers to nothing`, async () => {
      const core = mixedCore();
      await core.ask({ protocol: client, body: { model: "cohere", max_tokens: 9, ...body } });
      expect(core.effects.calls.length).toBe(1);
    });
  }
});

// ---------------------------------------------------------------- several accounts

const ITEMS = [
  {
    type: "message",
    id: "msg_ITEM",
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text: "Hi", annotations: [] }],
  },
];
const response = (id: string, more: object): object => ({
  id,
  object: "response",
  created_at: 1,
  status: "completed",
  model: "m",
  output: ITEMS,
  conversation: { id: "conv_1" },
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  ...more,
});

/** Answers under one id, whole or streamed; the host of an account that is down answers 503. */
function accounts(more: object = {}, down: string | null = null): Answer {
  return (call) => {
    if (down !== null && call.url.includes(down)) return json(503, "{}")(call);
    if (JSON.parse(bodyText(call)).stream !== true) return json(200, JSON.stringify(response("resp_1", more)))(call);
    const frame = (type: string, rest: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...rest })}\n\n`;
    const frames = [
      frame("response.created", { response: response("resp_1", { ...more, status: "in_progress", output: [] }) }),
      frame("response.output_text.delta", { item_id: "msg_ITEM", output_index: 0, content_index: 0, delta: "Hi" }),
      frame("response.completed", { response: response("resp_1", more) }),
    ];
    return stream(frames.map((bytes) => ({ do: "bytes", bytes })))(call);
  };
}

const TWO = [laneOf("one/a/m", "responses"), laneOf("two/a/m", "responses"), laneOf("three/a/m", "openai")];

function twoAccounts(answer: Answer): ReturnType<typeof createCore> {
  const targets = [...TWO.map((lane) => poolOf(lane.provider, [lane])), poolOf("all", TWO)];
  return createCore({ deployment: deploymentOf({ lanes: TWO, targets }), answer });
}

const NEXT: readonly (readonly [member: string, body: object])[] = [
  ["previous_response_id", { input: "More", previous_response_id: "resp_1" }],
  ["conversation", { input: "More", conversation: "conv_1" }],
  ["input[0].id", { input: [{ type: "item_reference", id: "msg_ITEM" }, user("More")] }],
];

describe("two accounts that store answers", () => {
  for (const streamed of [false, true]) {
    for (const issuer of ["one", "two"]) {
      for (const [member, body] of NEXT) {
        test(`${member} goes to ${issuer}, which gave the answer ${streamed ? "as a stream" : "whole"}`, async () => {
          const core = twoAccounts(accounts());
          await core.ask({ protocol: "responses", body: { model: issuer, input: "Hi", stream: streamed } });
          for (let turn = 0; turn < 3; turn++)
            await core.ask({ protocol: "responses", body: { model: "all", ...body } });
          const tried = core.records.slice(1).flatMap(({ attempts }) => attempts.map(({ provider }) => provider));
          expect(tried).toEqual([issuer, issuer, issuer]);
          const other = issuer === "one" ? "two" : "one";
          const refused = await core.ask({ protocol: "responses", body: { model: other, ...body } });
          expect(refused.status).toBe(400);
          expect(JSON.parse(refused.text).error.param).toBe(member);
        });
      }
    }
  }

  test("the account that stores it is down: no other is asked", async () => {
    const core = twoAccounts(accounts({}, "two.invalid"));
    await core.ask({ protocol: "responses", body: { model: "one", input: "Hi" } });
    const down = twoAccounts(accounts({}, "one.invalid"));
    for (const each of [core, down]) {
      const got = await each.ask({ protocol: "responses", body: { model: "all", previous_response_id: "resp_9" } });
      const tried = each.records.at(-1)?.attempts.map(({ provider }) => provider) ?? [];
      expect(new Set(tried).size).toBe(1);
      expect(tried).not.toContain("three");
      expect(got.status).toBe(tried[0] === (each === core ? "two" : "one") ? 503 : 200);
    }
  });

  test("what the vendor did not store is not remembered", async () => {
    const core = twoAccounts(accounts({ store: false }));
    await core.ask({ protocol: "responses", body: { model: "two", input: "Hi", store: false } });
    expect(core.world.storedAnswers.holderOf("resp_1")).toBeNull();
  });
});
