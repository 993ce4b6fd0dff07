// Model lists and token counting: what a caller may ask for, and an estimate that says it is one.
import { describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { models as OPENAI_MODELS } from "../../src/protocols/openai/models.ts";
import { question } from "../harness/client-words.ts";
import { ANONYMOUS, createCore, routeOf } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { embedder } from "../harness/fake-operations.ts";
import { answering, bodyText, byProvider, json, refusing, transportError } from "../harness/scripted-answers.ts";
import { ANTHROPIC_WORDS, OPENAI_WORDS } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const LANES = [
  laneOf("first/a/one", "anthropic", { capabilities: { contextWindow: 200_000, maxOutputTokens: 8_000 } }),
  laneOf("second/a/two", "openai", { capabilities: { contextWindow: 128_000 } }),
];

const listing = (answer: Answer = answering(OPENAI_WORDS)) =>
  createCore({ deployment: deploymentOf({ lanes: LANES, targets: [poolOf("fast", LANES)] }), answer });

test("the list is in the client's own shape, whichever path both share", async () => {
  const core = listing();
  const openai = JSON.parse((await core.ask({ protocol: "openai", operation: "models", body: "" })).text);
  expect(openai.object).toBe("list");
  expect(openai.data.map((model: { id: string }) => model.id).toSorted()).toEqual(["fast", "one", "two"]);
  const anthropic = JSON.parse(
    (
      await core.ask({
        protocol: "openai",
        operation: "models",
        body: "",
        headers: { "anthropic-version": "2023-06-01" },
      })
    ).text,
  );
  expect(anthropic.has_more).toBe(false);
  expect(anthropic.data.map((model: { id: string; type: string }) => model.type)).toEqual(["model", "model", "model"]);
  expect(core.effects.calls).toEqual([]);
  expect(core.records.map((record) => [record.operation, record.ingress, record.outcome])).toEqual([
    ["models", "openai", "answered"],
    ["models", "anthropic", "answered"],
  ]);
});

test("a restricted caller sees what it may ask for", async () => {
  const core = listing();
  const caller = { ...ANONYMOUS, allowedTargets: ["one"] };
  const got = await core.ask({ protocol: "openai", operation: "models", body: "", caller });
  expect(JSON.parse(got.text).data.map((model: { id: string }) => model.id)).toEqual(["one"]);
});

test("a model that stands in several places is listed with them, to whoever may ask for anything", async () => {
  const lanes = [laneOf("first/a/one", "openai"), laneOf("first/b/one", "openai"), laneOf("second/a/two", "openai")];
  const core = createCore({ deployment: deploymentOf({ lanes, targets: [] }), answer: answering(OPENAI_WORDS) });
  const ids = async (caller = ANONYMOUS): Promise<string[]> => {
    const got = await core.ask({ protocol: "openai", operation: "models", body: "", caller });
    return JSON.parse(got.text).data.map((model: { id: string }) => model.id);
  };
  expect(await ids()).toEqual(["one", "two", "first/a/one", "first/b/one"]);
  expect(await ids({ ...ANONYMOUS, allowedTargets: ["one", "two"] })).toEqual(["one", "two"]);
});

test.each([
  ["one", 200],
  ["first/one", 200],
  ["first/a/one", 200],
  ["fast", 200],
  ["second/one", 404],
  ["nothing", 404],
  ["__proto__", 404],
])("one model by any name that may be asked for: %s is a %p", async (id, status) => {
  const core = listing();
  const ask = { protocol: "openai", operation: "models", path: "/v1/models/:id", body: "", params: { id } } as const;
  const got = await core.ask(ask);
  expect(got.status).toBe(status);
  if (status === 200) expect(JSON.parse(got.text).id).toBe(id);
  const anthropic = await core.ask({ ...ask, headers: { "anthropic-version": "2023-06-01" } });
  expect([anthropic.status, JSON.parse(anthropic.text).type]).toEqual([status, status === 200 ? "model" : "error"]);
  const caller = { ...ANONYMOUS, allowedTargets: ["two"] };
  expect((await core.ask({ ...ask, caller })).status).toBe(404);
});

test("only protocols that share a path are taken for its speaker", async () => {
  const other = embedder("other", { operations: { models: { ...OPENAI_MODELS, writeList: () => ({ other: true }) } } });
  const route = {
    protocol: "other",
    operation: "models",
    method: "GET",
    path: "/other/models",
    target: { from: "none" },
    stream: { from: "fixed", value: false },
  } as const;
  const protocols = [{ ...other, carrier: { ...other.carrier, routes: [route] } }, ...Object.values(PROTOCOLS)];
  const core = createCore({ deployment: deploymentOf({ lanes: LANES }), answer: answering(OPENAI_WORDS), protocols });
  expect((await core.ask({ protocol: "other", operation: "models", body: "" })).text).toBe('{"other":true}');
  expect(JSON.parse((await core.ask({ protocol: "openai", operation: "models", body: "" })).text).object).toBe("list");
});

const COUNT = { protocol: "anthropic", operation: "count", body: question("anthropic", { model: "one" }) } as const;

test("counting is the vendor's own answer where a lane of that protocol has it", async () => {
  const core = listing(byProvider({ first: json(200, '{"input_tokens": 14}') }));
  const got = await core.ask(COUNT);
  expect(got.text).toBe('{"input_tokens": 14}');
  expect(got.headers["x-ringmain-estimated"]).toBeUndefined();
  expect(core.effects.calls.map((call) => call.url)).toEqual(["https://first.invalid/v1/messages/count_tokens"]);
  expect(core.inflight()).toBe(0);
});

const CANNOT: readonly [string, Answer][] = [
  ["404", json(404, '{"type":"error","error":{"type":"not_found_error","message":"Not found"}}')],
  ["405", json(405, "")],
  ["429", refusing(ANTHROPIC_WORDS, "rate-limited", { "retry-after": "60" })],
  ["500", refusing(ANTHROPIC_WORDS, "server-error")],
  ["401", refusing(ANTHROPIC_WORDS, "credential")],
  ["a refused connection", transportError("ConnectionRefused")],
  ["HTML", json(200, "<html>", { "content-type": "text/html" })],
];

for (const [name, answer] of CANNOT) {
  test(`counting on a lane that cannot (${name}) is an estimate that says so, and costs the lane nothing`, async () => {
    const core = listing(byProvider({ first: answer }));
    const got = await core.ask(COUNT);
    expect([got.status, got.headers["x-ringmain-estimated"]]).toEqual([200, "true"]);
    expect(JSON.parse(got.text).input_tokens).toBeGreaterThan(0);
    expect(core.changes).toEqual([]);
    const [lane] = LANES;
    if (lane === undefined) throw new Error("no lane");
    expect(core.shared.health.condition(poolOf("one", [lane]), lane, core.effects.nowMs()).eligible).toBe(true);
    expect(core.records).toHaveLength(1);
  });
}

test("counting where no lane speaks the protocol is an estimate, and asks nobody", async () => {
  const core = listing();
  const got = await core.ask({ ...COUNT, body: question("anthropic", { model: "two" }) });
  expect([got.status, got.headers["x-ringmain-estimated"]]).toEqual([200, "true"]);
  expect(core.effects.calls).toEqual([]);
});

test("a request the vendor refuses to count is the vendor's refusal", async () => {
  const core = listing(byProvider({ first: refusing(ANTHROPIC_WORDS, "rejected") }));
  const got = await core.ask(COUNT);
  expect([got.status, got.text]).toEqual([400, ANTHROPIC_WORDS.error("rejected").body]);
});

describe("counting across protocols", () => {
  const lanes = [
    laneOf("first/a/one", "anthropic"),
    laneOf("second/a/two", "responses"),
    laneOf("third/a/three", "openai"),
  ];
  const counting = (answer: Answer, translation: "lenient" | "off" = "lenient") =>
    createCore({
      deployment: deploymentOf({
        lanes,
        targets: lanes.map((lane) => poolOf(`p-${lane.model}`, [lane], { translation })),
      }),
      answer,
    });
  const MESSAGES = {
    protocol: "anthropic",
    operation: "count",
    body: { model: "p-two", system: "be brief", messages: [{ role: "user", content: "hi" }] },
  } as const;

  test("a lane of another protocol that counts is asked in its own words, and its number is written back", async () => {
    const core = counting(json(200, '{"object":"response.input_tokens","input_tokens":21}'));
    const got = await core.ask(MESSAGES);
    expect([got.status, got.text]).toEqual([200, '{"input_tokens":21}']);
    expect(got.headers["x-ringmain-estimated"]).toBeUndefined();
    const [call] = core.effects.calls;
    expect(call?.url).toBe("https://second.invalid/v1/responses/input_tokens");
    const sent: Record<string, unknown> = call === undefined ? {} : JSON.parse(bodyText(call));
    expect(sent["model"]).toBe("upstream-two");
    for (const name of ["stream", "store", "max_output_tokens", "include"])
      expect(Object.keys(sent)).not.toContain(name);
    expect(core.records[0]).toMatchObject({ operation: "count", answer: { usage: null } });
  });

  test("the other way round, without the limit an answer would need", async () => {
    const core = counting(json(200, '{"input_tokens":9}'));
    const got = await core.ask({ protocol: "responses", operation: "count", body: { model: "p-one", input: "hi" } });
    expect(JSON.parse(got.text)).toEqual({ object: "response.input_tokens", input_tokens: 9 });
    const [call] = core.effects.calls;
    expect(call === undefined ? null : JSON.parse(bodyText(call))).toEqual({
      model: "upstream-one",
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
    });
  });

  test("the same protocol: relayed", async () => {
    const core = counting(json(200, '{"object":"response.input_tokens", "input_tokens":7}'));
    const got = await core.ask({ protocol: "responses", operation: "count", body: '{"model":"p-two", "input":"hi"}' });
    expect(got.text).toBe('{"object":"response.input_tokens", "input_tokens":7}');
    expect(core.effects.calls.map(bodyText)).toEqual(['{"model":"upstream-two", "input":"hi"}']);
  });

  test.each<[string, object, Answer, "lenient" | "off"]>([
    ["a lane that cannot count", { model: "p-three" }, json(200, "{}"), "lenient"],
    ["translation off", { model: "p-two" }, json(200, '{"input_tokens":1}'), "off"],
    ["a number that is none", { model: "p-two" }, json(200, '{"input_tokens":"many"}'), "lenient"],
    ["a translation the vendor refuses", { model: "p-two" }, json(400, '{"error":{"message":"no"}}'), "lenient"],
    ["a lane that is overloaded", { model: "p-two" }, json(503, "{}"), "lenient"],
  ])("an estimate that says so: %s", async (_name, over, answer, translation) => {
    const core = counting(answer, translation);
    const got = await core.ask({ ...MESSAGES, body: { ...MESSAGES.body, ...over } });
    expect([got.status, got.headers["x-ringmain-estimated"]]).toEqual([200, "true"]);
    expect(core.changes).toEqual([]);
  });
});

test.each([
  ["/v1/models", {}, "", "openai"],
  ["/v1/models", { "anthropic-version": "2023-06-01" }, "", "anthropic"],
  ["/v1/models", { "x-goog-api-key": "k" }, "", "gemini"],
  ["/v1/models", {}, "key=k", "gemini"],
  ["/v1beta/models", {}, "", "gemini"],
  ["/v1beta/models", { authorization: "Bearer k" }, "", "gemini"],
])("the list at %s with %p and the query %p is for a client of %p", async (path, headers, query, ingress) => {
  const core = listing();
  const owner = path === "/v1/models" ? "openai" : "gemini";
  await core.ask({ protocol: owner, operation: "models", path, body: "", headers, query });
  expect(core.records[0]?.ingress).toBe(ingress);
});

test("a key in the query is read on a shared path where its client sends it so", () => {
  const core = createCore({
    deployment: deploymentOf({ lanes: LANES, auth: { mode: "token", clientTokens: [] } }),
    answer: answering(OPENAI_WORDS),
    clientTokens: ["query-key-1"],
  });
  const route = routeOf(core.protocols, "openai", "models", { path: "/v1/models" });
  const asked = (query: string) =>
    core.exchange.credential(route, { method: "GET", path: "/v1/models", query, headers: {}, params: {} }).ok;
  expect([asked("key=query-key-1"), asked("key=wrong"), asked("")]).toEqual([true, false, false]);
});
