// One vendor in several protocols: through which of them a lane is asked, and that it stays one lane with one cell.
import { describe, expect, test } from "bun:test";
import { createExplain } from "../../src/exchange/probing/explain.ts";
import type { Lane } from "../../src/ir/deployment.ts";
import { question, see } from "../harness/client-words.ts";
import { type Ask, createCore } from "../harness/core.ts";
import { deploymentOf, doorOf, type LaneOver, laneOf, poolOf } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";
import { answering, bodyText, json } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, RESPONSES_WORDS } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const BOTH: Lane["doors"] = [
  doorOf("responses"),
  doorOf("openai", { path: "/own/chat/completions", authStyle: "api-key" }),
];

const answers: Answer = (call) =>
  answering(call.url.includes("/chat/completions") ? OPENAI_WORDS : RESPONSES_WORDS)(call);

function coreOf(over: LaneOver, answer: Answer = answers): ReturnType<typeof createCore> {
  const lane = laneOf("v/a/m", "responses", { doors: BOTH, ...over });
  return createCore({ deployment: deploymentOf({ lanes: [lane], targets: [poolOf("m", [lane])] }), answer });
}

const CHAT_TOOL = { type: "function", function: { name: "f", parameters: { type: "object" } } };
const chat = (more: object): Ask => ({
  protocol: "openai",
  body: { model: "m", messages: [{ role: "user", content: "Hi" }], ...more },
});
const tools = { tools: [CHAT_TOOL] };

describe("the door of a client's own protocol", () => {
  for (const [client, path] of [
    ["responses", "/v1/responses"],
    ["openai", "/own/chat/completions"],
  ] as const) {
    for (const streamed of [false, true]) {
      test(`${client} ${streamed ? "streamed" : "whole"}: its bytes, and the answer's, as they are`, async () => {
        const core = coreOf({ upstreamModel: "m" });
        const body = `{"model":"m",  "stream":${streamed}, "odd":1e2, "input":"Hi","messages":[{"role":"user","content":"Hi"}]}`;
        const got = await core.ask({ protocol: client, body });
        expect([got.status, core.effects.calls.map(({ url }) => new URL(url).pathname)]).toEqual([200, [path]]);
        expect(bodyText(core.effects.calls[0] ?? expect.unreachable())).toBe(body);
        expect(core.records[0]?.attempts[0]).toMatchObject({ egress: client, way: "relay", lane: "v/a/m" });
      });
    }
  }

  test("a door has its own header for the credential", async () => {
    const core = coreOf({});
    await core.ask(chat({}));
    await core.ask({ protocol: "responses", body: { model: "m", input: "Hi" } });
    const [own, other] = core.effects.calls.map(({ init }) => new Headers(init.headers));
    expect([own?.get("api-key"), own?.get("authorization")]).toEqual(["key-of-v-a", null]);
    expect([other?.get("api-key"), other?.get("authorization")]).toEqual([null, "Bearer key-of-v-a"]);
  });
});

describe("what is translated goes to the first that takes it", () => {
  const ROWS: readonly (readonly [name: string, doors: readonly [string, ...string[]], expected: string])[] = [
    ["Responses first", ["responses", "openai"], "responses"],
    ["Chat first", ["openai", "responses"], "openai"],
    ["Chat alone", ["openai"], "openai"],
  ];
  for (const client of ["anthropic", "gemini", "cohere"] as const) {
    for (const [name, [first, ...others], expected] of ROWS) {
      test(`${client}, ${name}`, async () => {
        const core = coreOf({ doors: [doorOf(first), ...others.map((id) => doorOf(id))] });
        const got = await core.ask({ protocol: client, body: { ...question(client), model: "m" } });
        expect(got.status).toBe(200);
        expect(core.records[0]?.attempts.map(({ egress, way }) => [egress, way])).toEqual([[expected, "translate"]]);
      });
    }
  }
});

describe("tools that Chat refuses for a model", () => {
  const ROWS: readonly (readonly [Lane["dialect"]["chatTools"], more: object, egress: string])[] = [
    ["free", { ...tools, reasoning_effort: "high" }, "openai"],
    ["without_effort", tools, "openai"],
    ["without_effort", { ...tools, reasoning_effort: "none" }, "openai"],
    ["without_effort", { ...tools, reasoning_effort: null }, "openai"],
    ["without_effort", { ...tools, reasoning_effort: "low" }, "responses"],
    ["without_effort", { reasoning_effort: "low" }, "openai"],
    ["without_effort", { functions: [CHAT_TOOL.function], reasoning_effort: "low" }, "responses"],
    ["effort_none", tools, "responses"],
    ["effort_none", { ...tools, reasoning_effort: "none" }, "openai"],
    ["effort_none", { ...tools, reasoning_effort: "low" }, "responses"],
    ["effort_none", { tools: [], reasoning_effort: "low" }, "openai"],
    ["effort_none", { tools: null }, "openai"],
  ];
  for (const [chatTools, more, egress] of ROWS) {
    for (const streamed of [false, true]) {
      test(`${chatTools}, ${JSON.stringify(more).slice(0, 90)}, ${streamed ? "streamed" : "whole"}: ${egress}`, async () => {
        const core = coreOf({ dialect: { ...MAKER, chatTools } });
        const got = await core.ask(chat({ ...more, stream: streamed }));
        expect(see("openai", got.text).text).not.toBe("");
        expect(core.records[0]?.attempts.map((attempt) => attempt.egress)).toEqual([egress]);
      });
    }
  }

  test("with no other door the vendor says why, and the client reads it as it came", async () => {
    const error = '{"error":{"message":"Function tools are not supported","param":"reasoning_effort"}}';
    const core = coreOf(
      { doors: [doorOf("openai")], dialect: { ...MAKER, chatTools: "effort_none" } },
      json(400, error),
    );
    const got = await core.ask(chat(tools));
    expect([got.status, got.text]).toEqual([400, error]);
  });

  test("translation that is off keeps the client's own door", async () => {
    const core = coreOf({ dialect: { ...MAKER, chatTools: "effort_none" } });
    await core.ask({ ...chat(tools), headers: { "x-ringmain-translation": "off" } });
    expect(core.records[0]?.attempts.map(({ egress }) => egress)).toEqual(["openai"]);
  });
});

describe("filters look at all doors", () => {
  test("translation that is off needs one door of the client's protocol", async () => {
    const core = coreOf({});
    const off = { "x-ringmain-translation": "off" };
    const own = await core.ask({ ...chat({}), headers: off });
    const other = await core.ask({
      protocol: "anthropic",
      body: { ...question("anthropic"), model: "m" },
      headers: off,
    });
    expect([own.status, other.status]).toEqual([200, 503]);
    expect(core.records[1]?.skipped).toEqual([{ lane: "v/a/m", because: "other-protocol" }]);
  });

  test("an operation goes through the door that has it", async () => {
    const core = coreOf({ doors: [doorOf("responses"), doorOf("openai")] }, json(200, '{"data":[{"url":"u"}]}'));
    await core.ask({
      protocol: "openai",
      operation: "image",
      path: "/v1/images/generations",
      body: { model: "m", prompt: "a cat" },
    });
    await core.ask({ protocol: "responses", operation: "count", body: { model: "m", input: "Hi" } });
    expect(core.effects.calls.map(({ url }) => new URL(url).pathname)).toEqual([
      "/v1/images/generations",
      "/v1/responses/input_tokens",
    ]);
  });

  test("what a request refers to goes through the door that can look it up", async () => {
    const core = coreOf({ doors: [doorOf("openai"), doorOf("responses")] });
    const got = await core.ask({
      protocol: "responses",
      body: { model: "m", input: "Hi", previous_response_id: "resp_1" },
    });
    expect([got.status, core.records[0]?.attempts[0]?.egress]).toEqual([200, "responses"]);
  });
});

test("failures of both doors move one cell", async () => {
  const core = coreOf({}, json(500, "{}"));
  for (let turn = 0; turn < 2; turn++) {
    await core.ask(chat({}));
    await core.ask({ protocol: "responses", body: { model: "m", input: "Hi" } });
  }
  const lane = core.world.deployment.lanes["v/a/m"] ?? expect.unreachable();
  const cells = core.shared.health.facts(lane, core.effects.nowMs()).cells;
  expect(cells.map(({ state }) => state)).toEqual(["open"]);
});

test("an error of the door's own map counts as it says", async () => {
  const doors: Lane["doors"] = [doorOf("responses", { errorMap: { odd: "billing" } }), doorOf("openai")];
  const core = coreOf({ doors }, json(400, '{"error":{"message":"x","code":"odd"}}'));
  await core.ask({ protocol: "responses", body: { model: "m", input: "Hi" } });
  await core.ask(chat({}));
  expect(core.records.map(({ attempts }) => attempts[0]?.outcome)).toEqual(["billing", undefined]);
});

test("explain names the door", async () => {
  const core = coreOf({ dialect: { ...MAKER, chatTools: "effort_none" } });
  const { world, shared, protocols } = core;
  const explain = createExplain({ world, shared, protocols, admission: null, callerNamed: null });
  const asked = async (request: object): Promise<unknown> => {
    const said = await explain({
      target: "m",
      protocol: "openai",
      request: JSON.parse(JSON.stringify(request)),
      headers: {},
      key: null,
    });
    return said.ok ? said.value.order.map(({ egress, way }) => [egress, way]) : said.failure;
  };
  const messages = [{ role: "user", content: "Hi" }];
  expect(await asked({ model: "m", messages })).toEqual([["openai", "relay"]]);
  expect(await asked({ model: "m", messages, ...tools })).toEqual([["responses", "translate"]]);
});
